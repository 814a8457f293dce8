package org.tailjar.magicsock;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.tailjar.linux.Descriptor;
import org.tailjar.linux.EventDescriptor;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.Poll;
import org.tailjar.linux.ReceivedFrom;
import org.tailjar.linux.UdpAddress;
import org.tailjar.linux.UdpAddressTable;
import org.tailjar.linux.UdpSocket;
import org.tailjar.packet.Batch;

/**
 * Where one RX thread receives: a socket for each address family, and the event that wakes it.
 * Owned by that thread, but for {@link #wake} and {@link #close}.
 */
final class UdpQueue implements AutoCloseable {

  /** Takes what is not WireGuard; the bytes are its own. */
  @FunctionalInterface
  interface Others {
    /** A datagram of another kind. */
    void datagram(UdpPath from, Datagrams.Kind kind, byte[] bytes);
  }

  /** While one socket always has more, the others are looked at after so many receives. */
  private static final int RECEIVES_BETWEEN_POLLS = 16;

  /** Datagrams that came one by one, before it is believed that the kernel does not merge them. */
  private static final int SINGLES_BEFORE_GATHERING = 16;

  private static final long EVENT_BIT = 1;

  private final List<UdpSocket> sockets;
  private final UdpPathTable paths;
  private final EventDescriptor event;
  private final Poll poll;
  private final UdpAddressTable addresses = new UdpAddressTable();
  private final ReceivedFrom from = new ReceivedFrom();

  /** Written by the owner, read by any thread. */
  private final AtomicLong ignored = new AtomicLong();

  private long readable;
  private int receives;

  // What was found last in the table of all queues, and of which version it was.
  private @Nullable UdpAddress lastAddress;
  private @Nullable UdpPath lastPath;
  private int lastVersion;

  // See gather: the memory, and what is held in it.
  private final MemorySegment next = Arena.ofAuto().allocate(65_536, 64);
  private @Nullable UdpPath heldPath;
  private int heldTotal;
  private int heldLength;
  private int singles;

  /**
   * A queue.
   *
   * @param sockets at least one; closed with this
   * @param paths the path of each address, for all queues
   */
  UdpQueue(List<UdpSocket> sockets, UdpPathTable paths) throws LinuxException {
    this.sockets = List.copyOf(sockets);
    this.paths = paths;
    event = EventDescriptor.open();
    List<Descriptor> descriptors = new ArrayList<>(List.of(event.descriptor()));
    sockets.forEach(socket -> descriptors.add(socket.descriptor()));
    poll = new Poll(descriptors.toArray(Descriptor[]::new));
  }

  /** Datagrams that were of no known kind; any thread. */
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
        path = total == 0 ? null : path();
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
        UdpPath its = path();
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

  /** Ends the present or the next {@link #await}; any thread. */
  void wake() {
    event.signal();
  }

  /** The path by which the last receive brought something. */
  private UdpPath path() {
    UdpAddress address = addresses.find(from);
    UdpPath recent = lastPath;
    int version = paths.version();
    if (recent != null && address == lastAddress && version == lastVersion) {
      return recent;
    }
    UdpPath found = paths.find(address);
    lastAddress = address;
    lastVersion = version;
    lastPath = found;
    return found;
  }

  @Override
  public void close() {
    // In this order: a thread that the signal wakes must find the sockets closed.
    sockets.forEach(UdpSocket::close);
    event.signal();
    event.close();
  }
}
