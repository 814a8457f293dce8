package org.tailjar.magicsock;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.tailjar.linux.Descriptor;
import org.tailjar.linux.Errno;
import org.tailjar.linux.EventDescriptor;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.Poll;
import org.tailjar.linux.ReceivedFrom;
import org.tailjar.linux.SendResult;
import org.tailjar.linux.UdpAddress;
import org.tailjar.linux.UdpOffloads;
import org.tailjar.linux.UdpSender;
import org.tailjar.linux.UdpSocket;
import org.tailjar.packet.Batch;

/**
 * The UDP sockets, one for each address family, and the event that wakes their reader. Receiving
 * and waiting belong to the RX thread; {@link #send}, {@link #wake} and {@link #close} to any.
 */
final class UdpSockets implements AutoCloseable {

  /** Takes what is not WireGuard; the bytes are its own. */
  @FunctionalInterface
  interface Others {
    /** A datagram of another kind. */
    void datagram(UdpPath from, Datagrams.Kind kind, byte[] bytes);
  }

  /** What makes a socket, see {@link UdpSocket#bind}. */
  @FunctionalInterface
  interface Binder {
    /** Binds a socket. */
    UdpSocket bind(boolean ipv6, int port, int mark) throws LinuxException;
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

  /** While one socket always has more, the others are looked at after so many receives. */
  private static final int RECEIVES_BETWEEN_POLLS = 16;

  /** Datagrams that came one by one, before it is believed that the kernel does not merge them. */
  private static final int SINGLES_BEFORE_GATHERING = 16;

  private static final long EVENT_BIT = 1;

  private final List<UdpSocket> sockets;
  private final @Nullable UdpSocket ipv4;
  private final @Nullable UdpSocket ipv6;
  private final EventDescriptor event;
  private final Poll poll;
  private final UdpPathTable paths = new UdpPathTable();
  private final ReceivedFrom from = new ReceivedFrom();

  /** Each thread that sends has its own: several TX threads must not wait for each other. */
  private final ThreadLocal<Senders> senders = ThreadLocal.withInitial(this::newSenders);

  private final Output output;
  private final SendRoom room;
  private final AtomicLong notSent = new AtomicLong();
  private final AtomicLong ignored = new AtomicLong();
  private long readable;
  private int receives;

  // See gather: the memory, and what is held in it.
  private final MemorySegment next = Arena.ofAuto().allocate(65_536, 64);
  private @Nullable UdpPath heldPath;
  private int heldTotal;
  private int heldLength;
  private int singles;

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
    this.ipv4 = ipv4;
    this.ipv6 = ipv6;
    this.output = output;
    this.room = room;
    sockets = new ArrayList<>();
    event = EventDescriptor.open();
    List<Descriptor> descriptors = new ArrayList<>(List.of(event.descriptor()));
    for (UdpSocket socket : new UdpSocket[] {ipv4, ipv6}) {
      if (socket != null) {
        sockets.add(socket);
        descriptors.add(socket.descriptor());
      }
    }
    poll = new Poll(descriptors.toArray(Descriptor[]::new));
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
   * @throws LinuxException when neither family works
   */
  static UdpSockets open(int port, int mark, UdpOffloads offloads) throws LinuxException {
    return open(
        port, mark, (ipv6, wanted, itsMark) -> UdpSocket.bind(ipv6, wanted, itsMark, offloads));
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

  /** The local port. */
  int port() {
    return sockets.getFirst().port();
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
    return ignored.get();
  }

  /**
   * Receives without waiting: fills the batch with the WireGuard messages of one sender, and hands
   * on what else comes.
   *
   * @return false when there is nothing more now
   * @throws IOException when a socket is closed or broken
   */
  boolean receive(Batch into, Others others) throws IOException {
    while (true) {
      UdpPath path = heldPath;
      int total = heldTotal;
      int datagramLength = heldLength;
      if (path != null) {
        heldPath = null;
        MemorySegment.copy(next, 0, into.memory(), 0, total);
      } else {
        total = receive(into.memory());
        if (total < 0) {
          return false;
        }
        path = total == 0 ? null : paths.find(from);
        datagramLength = from.datagramLength();
      }
      if (path != null) {
        into.received(path, total, datagramLength);
        if (sort(path, into, others)) {
          gather(path, into);
          return true;
        }
      }
    }
  }

  /** One receive from any socket: bytes, 0 for what is to be ignored, -1 for nothing more now. */
  private int receive(MemorySegment buffer) throws IOException {
    while (readable != 0) {
      int index = Long.numberOfTrailingZeros(readable);
      int total = sockets.get(index).receive(buffer, from);
      if (total < 0) {
        readable &= ~(1L << index);
        continue;
      }
      if (++receives >= RECEIVES_BETWEEN_POLLS) {
        // Look at all of them again, and begin with the other one.
        receives = 0;
        readable = 0;
        await(0);
        long rest = readable & ~(1L << index);
        readable = rest == 0 ? readable : rest;
      }
      return total;
    }
    return -1;
  }

  /**
   * Where the kernel does not merge datagrams, adds those to the batch that follow its only one and
   * are like it: what comes together is then merged at the interface at least. The first one that
   * does not fit is held for the next batch.
   */
  private void gather(UdpPath path, Batch batch) throws IOException {
    if (batch.count() > 1) {
      singles = 0;
      return;
    }
    singles = Math.min(SINGLES_BEFORE_GATHERING, singles + 1);
    while (singles == SINGLES_BEFORE_GATHERING && batch.count() < Batch.MAX_DATAGRAMS) {
      int total = receive(next);
      if (total < 0) {
        return;
      }
      if (total > 0) {
        UdpPath its = paths.find(from);
        int length = from.datagramLength();
        if (its != path
            || length != total
            || !batch.accepts(length)
            || Datagrams.kind(next, 0, length) != Datagrams.Kind.WIREGUARD) {
          heldPath = its;
          heldTotal = total;
          heldLength = length;
          return;
        }
        MemorySegment.copy(next, 0, batch.memory(), batch.append(length), length);
        batch.calls(batch.calls() + 1);
      }
    }
  }

  /** Leaves the WireGuard messages in the batch; false when there are none. */
  private boolean sort(UdpPath path, Batch batch, Others others) {
    MemorySegment memory = batch.memory();
    int count = batch.count();
    int kept = 0;
    int end = 0;
    for (int i = 0; i < count; i++) {
      int offset = batch.offset(i);
      int length = batch.length(i);
      Datagrams.Kind kind = Datagrams.kind(memory, offset, length);
      if (kind == Datagrams.Kind.WIREGUARD) {
        if (end != offset) {
          MemorySegment.copy(memory, offset, memory, end, length);
        }
        end += length;
        kept++;
      } else if (kind == Datagrams.Kind.UNKNOWN) {
        ignored.incrementAndGet();
      } else {
        others.datagram(path, kind, memory.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
      }
    }
    if (kept > 0 && kept < count) {
      batch.received(path, end, batch.stride());
    }
    return kept > 0;
  }

  /**
   * Waits until a socket is readable, {@link #wake} is called or the time is over.
   *
   * @param timeoutNanos 0 only looks
   */
  void await(long timeoutNanos) throws IOException {
    long ready = poll.await(timeoutNanos);
    if ((ready & EVENT_BIT) != 0) {
      event.drain();
    }
    readable |= ready >>> 1;
  }

  /** Ends the present or the next {@link #await}. */
  void wake() {
    event.signal();
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
    // In this order: a thread that the signal wakes must find the sockets closed.
    sockets.forEach(UdpSocket::close);
    event.signal();
    event.close();
  }
}
