package org.tailjar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;

/**
 * Hears of every change to interfaces, addresses, routes and rules of the network namespace in
 * which it was opened, by the multicast groups of routing netlink (rtnetlink(7)). One thread waits;
 * any closes.
 */
public final class NetworkMonitor implements AutoCloseable {

  private static final int AF_NETLINK = 16;
  private static final int SOCK_RAW = 3;
  private static final int SOCK_NONBLOCK = 0x800;
  private static final int SOCK_CLOEXEC = 0x80000;
  private static final int ADDRESS_LENGTH = 12;

  /** RTNLGRP_LINK, IPV4_IFADDR, IPV4_ROUTE, IPV4_RULE, IPV6_IFADDR, IPV6_ROUTE, IPV6_RULE. */
  private static final int[] GROUPS = {1, 5, 7, 8, 9, 11, 19};

  private static final int BUFFER = 32 << 10;
  private static final int SOCKET_BIT = 1;

  private final MemorySegment buffer = Arena.ofAuto().allocate(BUFFER, 8);
  private final Descriptor descriptor;
  private final EventDescriptor event;
  private final Poll poll;

  private NetworkMonitor(Descriptor descriptor, EventDescriptor event) {
    this.descriptor = descriptor;
    this.event = event;
    poll = new Poll(descriptor, event.descriptor());
  }

  /**
   * Hears of what happens from now on.
   *
   * @throws LinuxException when the kernel refuses
   */
  public static NetworkMonitor open() throws LinuxException {
    int number = Libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (number < 0) {
      throw LinuxException.last("open a netlink socket");
    }
    Descriptor descriptor = new Descriptor(number, "network monitor");
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment address = arena.allocate(ADDRESS_LENGTH, 8);
      address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_NETLINK);
      int groups = 0;
      for (int group : GROUPS) {
        groups |= 1 << (group - 1);
      }
      address.set(ValueLayout.JAVA_INT, 8, groups);
      if (Libc.bind(number, address.address(), ADDRESS_LENGTH) < 0) {
        throw LinuxException.last("listen to changes of the network");
      }
      return new NetworkMonitor(descriptor, EventDescriptor.open());
    } catch (LinuxException e) {
      descriptor.close();
      throw e;
    }
  }

  /**
   * Waits for something to happen.
   *
   * @param timeoutNanos longest wait in nanoseconds; negative waits for ever
   * @return what happened; empty when the time is over
   * @throws ClosedDescriptorException when closed
   * @throws LinuxException when the socket is unusable
   */
  public List<NetworkEvent> await(long timeoutNanos)
      throws ClosedDescriptorException, LinuxException {
    List<NetworkEvent> events = new ArrayList<>();
    if ((poll.await(timeoutNanos) & SOCKET_BIT) != 0) {
      receive(events);
    }
    return events;
  }

  private void receive(List<NetworkEvent> events) throws ClosedDescriptorException, LinuxException {
    int number = descriptor.acquire();
    try {
      long length = Libc.recv(number, buffer.address(), BUFFER, 0);
      if (length < 0) {
        switch (Libc.errno()) {
          case Errno.EAGAIN, Errno.EINTR -> {
            // Nothing after all.
          }
          case Errno.ENOBUFS, Errno.ENOMEM -> events.add(new NetworkEvent.Missed());
          default -> throw LinuxException.last("listen to changes of the network");
        }
        return;
      }
      byte[] datagram = buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
      events.addAll(NetworkEvent.parse(datagram, datagram.length));
    } finally {
      descriptor.release();
      Reference.reachabilityFence(this);
    }
  }

  @Override
  public void close() {
    // In this order: a thread that the signal wakes must find the monitor closed.
    descriptor.close();
    event.signal();
    event.close();
  }
}
