package org.tailjar.linux;

import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.channels.NetworkChannel;
import org.jspecify.annotations.Nullable;

/**
 * Puts a firewall mark (SO_MARK, socket(7)) on channels of the JDK, so that the product's own
 * connections do not go into its own tunnel.
 *
 * <p>The JDK hides the descriptor. Needs {@code --add-exports
 * java.base/sun.nio.ch=org.tailjar.linux}, and the capability NET_ADMIN.
 */
public final class SocketMark {

  /** The mark of traffic that bypasses the tunnel (table 52). */
  public static final int BYPASS = 0x80000;

  /** The bits of a mark that belong to this product. */
  public static final int MASK = 0xff0000;

  private static final int SOL_SOCKET = 1;
  private static final int SO_MARK = 36;

  private static final @Nullable MethodHandle DESCRIPTOR = descriptorOfChannel();

  private SocketMark() {}

  private static @Nullable MethodHandle descriptorOfChannel() {
    try {
      Class<?> channel = Class.forName("sun.nio.ch.SelChImpl");
      return MethodHandles.lookup()
          .findVirtual(channel, "getFDVal", MethodType.methodType(int.class))
          .asType(MethodType.methodType(int.class, Object.class));
    } catch (ReflectiveOperationException e) {
      System.getLogger("org.tailjar.linux")
          .log(Level.DEBUG, "sockets of the JDK stay unmarked: " + e.getMessage());
      return null;
    }
  }

  /** Whether this Java runtime lets this module see the descriptors of channels. */
  public static boolean isSupported() {
    return DESCRIPTOR != null;
  }

  /**
   * Marks what a channel sends. Call it before the channel connects, and from the thread that owns
   * the channel: nobody may close it meanwhile.
   *
   * @param channel a channel of the JDK's own, such as a {@code SocketChannel}
   * @return false when the descriptor cannot be seen, or NET_ADMIN is missing; the channel then
   *     goes on unmarked
   */
  public static boolean apply(NetworkChannel channel, int mark) {
    MethodHandle descriptor = DESCRIPTOR;
    if (descriptor == null || !channel.isOpen()) {
      return false;
    }
    int number;
    try {
      number = (int) descriptor.invokeExact((Object) channel);
    } catch (ClassCastException e) {
      return false;
    } catch (Throwable e) {
      throw new AssertionError("an accessor failed", e);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocateFrom(ValueLayout.JAVA_INT, mark);
      return Libc.setsockopt(number, SOL_SOCKET, SO_MARK, value.address(), 4) == 0;
    }
  }
}
