package org.tailjar.linux;

/**
 * A network interface.
 *
 * @param index its number in this network namespace
 * @param name such as {@code eth0}
 * @param mtu largest packet in bytes
 * @param up whether it is switched on
 * @param running whether it also has a carrier, as far as the kernel knows
 * @param transmitQueueLength packets that its queue holds
 */
public record NetworkLink(
    int index, String name, int mtu, boolean up, boolean running, int transmitQueueLength) {}
