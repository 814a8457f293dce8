package org.tailjar.tun;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import org.tailjar.linux.EventDescriptor;
import org.tailjar.linux.IoVector;
import org.tailjar.linux.LinuxException;
import org.tailjar.linux.Poll;
import org.tailjar.linux.TunDescriptor;
import org.tailjar.packet.PacketQueue;
import org.tailjar.packet.SuperPacket;

/** One of the queues of a {@link TunDevice}. */
final class TunQueue implements PacketQueue, AutoCloseable {

  private final TunDescriptor descriptor;
  private final TunDescriptor writer;
  private final boolean header;
  private final AtomicLong refused;
  private final EventDescriptor event;
  private final Poll readable;

  /** Of the thread that reads, which may write while another one does. */
  private final IoVector back = new IoVector(1);

  private final AtomicLong unknown = new AtomicLong();

  /**
   * A queue.
   *
   * @param descriptor what is read, and closed with this
   * @param writer what is written
   * @param header whether a header lies ahead of each packet
   * @param refused counts packets that the kernel does not take
   */
  TunQueue(TunDescriptor descriptor, TunDescriptor writer, boolean header, AtomicLong refused)
      throws LinuxException {
    this.descriptor = descriptor;
    this.writer = writer;
    this.header = header;
    this.refused = refused;
    event = EventDescriptor.open();
    readable = new Poll(descriptor.descriptor(), event.descriptor());
  }

  /** Packets from the kernel that were dropped since their header is none that was agreed. */
  long unknownReads() {
    return unknown.get();
  }

  @Override
  public boolean read(SuperPacket into) throws IOException {
    int ahead = header ? VnetHeader.LENGTH : 0;
    while (true) {
      int at = into.start() - ahead;
      int read = descriptor.read(into.memory(), at, ahead + SuperPacket.MAX_LENGTH);
      if (read < 0) {
        return false;
      }
      if (read > ahead && (!header || VnetHeader.parse(into, at, read - ahead))) {
        if (!header) {
          into.set(read);
        }
        return true;
      }
      unknown.lazySet(unknown.get() + 1);
    }
  }

  @Override
  public void awaitReadable(long timeoutNanos) throws IOException {
    if ((readable.await(timeoutNanos) & 2) != 0) {
      event.drain();
    }
  }

  @Override
  public void wake() {
    event.signal();
  }

  /** The header that the kernel gave with the packet lies ahead of it still, and says it all. */
  @Override
  public void writeBack(SuperPacket packet) throws IOException {
    int ahead = header ? VnetHeader.LENGTH : 0;
    back.clear();
    back.add(packet.memory(), packet.start() - ahead, ahead + packet.length());
    if (writer.write(back) != 0) {
      refused.incrementAndGet();
    }
  }

  @Override
  public void close() {
    // In this order: a thread that the signal wakes must find the queue closed.
    descriptor.close();
    event.signal();
    event.close();
  }
}
