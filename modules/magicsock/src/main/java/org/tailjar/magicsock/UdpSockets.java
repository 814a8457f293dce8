package org.tailjar.magicsock;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tailjar.linux.Errno;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.SendResult;
import org.tailjar.linux.Steering;
import org.tailjar.linux.UdpAddress;
import org.tailjar.linux.UdpOffloads;
import org.tailjar.linux.UdpSender;
import org.tailjar.linux.UdpSocket;
import org.tailjar.packet.Batch;

/**
 * The UDP sockets: for each {@link UdpQueue} one of each address family, all on one port. What
 * begins as a transport message goes to the queue that its receiver index names, the first byte of
 * it modulo the number of queues; everything else to the first queue. Sending and {@link #close}
 * are for any thread.
 */
final class UdpSockets implements AutoCloseable {

  /** What makes a socket, see {@link UdpSocket#bind}. */
  @FunctionalInterface
  interface Binder {
    /** Binds a socket. */
    UdpSocket bind(boolean ipv6, int port, int mark) throws LinuxException;
  }

  /** What makes more sockets on a port, see {@link UdpSocket#more}. */
  @FunctionalInterface
  interface Sharing {
    /** Makes so many more, or none. */
    List<UdpSocket> more(UdpSocket first, int count) throws LinuxException;
  }

  /** What sends, see {@link UdpSender#send}. */
  @FunctionalInterface
  interface Output {
    /** Sends datagrams that lie one behind the other from the start of the memory. */
    SendResult send(
        UdpSender by, MemorySegment memory, int length, int datagramLength, UdpAddress to)
        throws IOException;
  }

  private static final Logger LOG = System.getLogger(Magicsock.LOGGER);
  private static final int BINDING_TRIES = 4;

  /** The first word of a transport message (WireGuard paper 5.4.6), and where its index begins. */
  private static final Steering BY_INDEX = new Steering(0x0400_0000, 4);

  private final List<UdpQueue> queues = new ArrayList<>();
  private final @Nullable UdpSocket ipv4;
  private final @Nullable UdpSocket ipv6;
  private final UdpPathTable paths = new UdpPathTable();

  /** Each thread that sends has its own: several TX threads must not wait for each other. */
  private final ThreadLocal<Senders> senders = ThreadLocal.withInitial(this::newSenders);

  private final Output output;
  private final SendRoom room;
  private final AtomicLong notSent = new AtomicLong();

  /** What one thread sends with. */
  private static final class Senders {
    private final @Nullable UdpSender ipv4;
    private final @Nullable UdpSender ipv6;
    private final MemorySegment scratch = Arena.ofAuto().allocate(2048, 8);

    private Senders(@Nullable UdpSocket ipv4, @Nullable UdpSocket ipv6) {
      this.ipv4 = ipv4 == null ? null : ipv4.sender();
      this.ipv6 = ipv6 == null ? null : ipv6.sender();
    }

    private @Nullable UdpSender to(UdpAddress address) {
      return address.isIpv4() ? ipv4 : ipv6;
    }
  }

  private UdpSockets(
      @Nullable UdpSocket ipv4, @Nullable UdpSocket ipv6, Output output, SendRoom room)
      throws LinuxException {
    queues.add(new UdpQueue(Stream.of(ipv4, ipv6).filter(Objects::nonNull).toList(), paths));
    this.ipv4 = ipv4;
    this.ipv6 = ipv6;
    this.output = output;
    this.room = room;
  }

  private Senders newSenders() {
    return new Senders(ipv4, ipv6);
  }

  /**
   * Opens the sockets on one port, or on another when it is taken; a family that the machine lacks
   * is left out.
   *
   * @param port the wanted port, 0 for any
   * @param mark firewall mark that keeps what is sent out of the tunnel
   * @param offloads those that may be used
   * @param queues how many queues are wanted; there is one where the kernel cannot share out
   * @throws LinuxException when neither family works
   */
  static UdpSockets open(int port, int mark, UdpOffloads offloads, int queues)
      throws LinuxException {
    return open(
        port,
        mark,
        (ipv6, wanted, itsMark) -> UdpSocket.bind(ipv6, wanted, itsMark, offloads),
        queues,
        (first, count) -> first.more(count, mark, offloads, BY_INDEX));
  }

  static UdpSockets open(int port, int mark, Binder binder, int queues, Sharing sharing)
      throws LinuxException {
    UdpSockets made = open(port, mark, binder);
    if (queues > 1) {
      try {
        made.share(queues, sharing);
      } catch (IOException e) {
        throw new IllegalStateException("closed while it was made", e);
      }
    }
    return made;
  }

  static UdpSockets open(int port, int mark, Binder binder) throws LinuxException {
    return open(
        port,
        mark,
        binder,
        (by, memory, length, datagramLength, to) -> by.send(memory, 0, length, datagramLength, to),
        new SendRoom());
  }

  static UdpSockets open(int port, int mark, Binder binder, Output output, SendRoom room)
      throws LinuxException {
    int wanted = port;
    for (int tries = BINDING_TRIES; ; tries--) {
      @Nullable UdpSocket ipv4 = null;
      @Nullable UdpSocket ipv6 = null;
      try {
        ipv4 = bind(binder, false, wanted, mark);
        ipv6 = bind(binder, true, ipv4 == null ? wanted : ipv4.port(), mark);
        if (ipv4 == null && ipv6 == null) {
          throw new LinuxException(Errno.EAFNOSUPPORT, "socket for UDP");
        }
        return new UdpSockets(ipv4, ipv6, output, room);
      } catch (LinuxException e) {
        if (ipv4 != null) {
          ipv4.close();
        }
        if (ipv6 != null) {
          ipv6.close();
        }
        if (e.errno() != Errno.EADDRINUSE || tries == 0) {
          throw e;
        }
        if (wanted != 0) {
          LOG.log(Level.INFO, "UDP port {0} is taken: using another", String.valueOf(wanted));
        }
        wanted = 0;
      }
    }
  }

  /** A socket; null when the machine does not have that family. */
  private static @Nullable UdpSocket bind(Binder binder, boolean ipv6, int port, int mark)
      throws LinuxException {
    try {
      return binder.bind(ipv6, port, mark);
    } catch (LinuxException e) {
      if (e.errno() == Errno.EAFNOSUPPORT || e.errno() == Errno.EADDRNOTAVAIL) {
        LOG.log(
            Level.INFO,
            "no {0} on this machine: direct paths use the other family alone",
            ipv6 ? "IPv6" : "IPv4");
        return null;
      }
      throw e;
    }
  }

  /** Makes more queues, if all families can. */
  private void share(int count, Sharing sharing) throws IOException {
    List<UdpSocket> first = Stream.of(ipv4, ipv6).filter(Objects::nonNull).toList();
    List<List<UdpSocket>> more = new ArrayList<>();
    List<UdpQueue> made = new ArrayList<>();
    String reason = "the kernel does not share out what comes to a port";
    try {
      for (UdpSocket socket : first) {
        more.add(sharing.more(socket, count - 1));
      }
      if (more.stream().noneMatch(List::isEmpty)) {
        for (int i = 0; i < count - 1; i++) {
          int number = i;
          made.add(new UdpQueue(more.stream().map(sockets -> sockets.get(number)).toList(), paths));
        }
      }
    } catch (LinuxException e) {
      reason = String.valueOf(e.getMessage());
      made.forEach(UdpQueue::close);
      made.clear();
    }
    if (made.isEmpty()) {
      more.forEach(sockets -> sockets.forEach(UdpSocket::close));
      for (UdpSocket socket : first) {
        socket.alone();
      }
      LOG.log(Level.INFO, "one thread receives and not {0}: {1}", count, reason);
    }
    queues.addAll(made);
  }

  /** The queues, each for an RX thread of its own; all of them are to be read. */
  List<UdpQueue> queues() {
    return List.copyOf(queues);
  }

  /** The local port. */
  int port() {
    return Objects.requireNonNull(ipv4 == null ? ipv6 : ipv4).port();
  }

  boolean hasIpv6() {
    return ipv6 != null;
  }

  boolean hasIpv4() {
    return ipv4 != null;
  }

  /** The path of each address. */
  UdpPathTable paths() {
    return paths;
  }

  /** Sends that the kernel did not take. */
  long notSent() {
    return notSent.get();
  }

  /** Datagrams that were of no known kind. */
  long ignored() {
    return queues.stream().mapToLong(UdpQueue::ignored).sum();
  }

  /**
   * Sends a batch, and tells it how many system calls that took.
   *
   * @return what became of it
   */
  SendResult send(UdpAddress to, Batch batch) {
    return send(senders.get(), to, batch);
  }

  /** Sends one datagram. */
  SendResult send(UdpAddress to, byte[] datagram) {
    Senders own = senders.get();
    MemorySegment.copy(datagram, 0, own.scratch, ValueLayout.JAVA_BYTE, 0, datagram.length);
    return send(own.to(to), to, own.scratch, datagram.length, datagram.length);
  }

  private SendResult send(Senders own, UdpAddress to, Batch batch) {
    UdpSender sender = own.to(to);
    long before = sender == null ? 0 : sender.calls();
    SendResult result = send(sender, to, batch.memory(), batch.totalLength(), batch.stride());
    batch.calls(sender == null ? 0 : (int) (sender.calls() - before));
    return result;
  }

  private SendResult send(
      @Nullable UdpSender sender,
      UdpAddress to,
      MemorySegment memory,
      int length,
      int datagramLength) {
    SendResult result = SendResult.UNREACHABLE;
    if (sender != null) {
      long before = sender.datagrams();
      try {
        result = output.send(sender, memory, length, datagramLength, to);
      } catch (IOException e) {
        LOG.log(Level.DEBUG, "send to {0}: {1}", to, e.getMessage());
      }
      if (result == SendResult.SENT) {
        room.sent();
        return result;
      }
      if (result == SendResult.FULL) {
        int datagrams = (length + datagramLength - 1) / datagramLength;
        room.lost(datagrams - (int) (sender.datagrams() - before));
      }
    }
    notSent.incrementAndGet();
    return result;
  }

  @Override
  public void close() {
    queues.forEach(UdpQueue::close);
  }
}
