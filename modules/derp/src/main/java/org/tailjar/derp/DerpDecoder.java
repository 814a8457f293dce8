package org.tailjar.derp;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Cuts a byte stream into frames, however the bytes arrive. The caller reads into {@link #buffer()}
 * at {@link #end()}, says so by {@link #filled}, then takes frames until {@link #next()} is false.
 * A frame too long to be one that is understood is skipped. Used by one thread.
 */
public final class DerpDecoder {

  private static final int MAX_KEPT_PAYLOAD = DerpFrames.KEY_LENGTH + DerpFrames.MAX_PACKET_LENGTH;
  private static final int CAPACITY = 2 * (DerpFrames.HEADER_LENGTH + MAX_KEPT_PAYLOAD);

  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  private final byte[] buffer = new byte[CAPACITY];
  private int start;
  private int end;
  private int toSkip;
  private int type;
  private int offset;
  private int length;

  /** A decoder at the beginning of a stream. */
  public DerpDecoder() {}

  /** Where the stream's bytes go, and where the payloads of frames lie. */
  public byte[] buffer() {
    return buffer;
  }

  /** Where the next bytes of the stream belong. */
  public int end() {
    return end;
  }

  /** How many bytes there is room for at {@link #end()}; at least one. */
  public int space() {
    return CAPACITY - end;
  }

  /** Says that bytes of the stream were put at {@link #end()}. */
  public void filled(int count) {
    if (count < 0 || count > space()) {
      throw new IllegalArgumentException(count + " bytes into a space of " + space());
    }
    end += count;
  }

  /**
   * Moves to the next frame whose bytes are all here. Its payload stays in place until the next
   * call.
   *
   * @throws DerpException when the stream announces a frame of more than {@link
   *     DerpFrames#MAX_PAYLOAD_LENGTH}: it is not DERP, or no longer in step
   */
  public boolean next() throws DerpException {
    while (true) {
      int skipped = Math.min(toSkip, end - start);
      start += skipped;
      toSkip -= skipped;
      if (toSkip > 0 || end - start < DerpFrames.HEADER_LENGTH) {
        return needMore();
      }
      int announced = (int) INT.get(buffer, start + 1);
      if (announced < 0 || announced > DerpFrames.MAX_PAYLOAD_LENGTH) {
        throw new DerpException(
            "the relay announced a frame of "
                + Integer.toUnsignedString(announced)
                + " bytes; the most is "
                + DerpFrames.MAX_PAYLOAD_LENGTH);
      }
      if (announced > MAX_KEPT_PAYLOAD) {
        start += DerpFrames.HEADER_LENGTH;
        toSkip = announced;
        continue;
      }
      if (end - start < DerpFrames.HEADER_LENGTH + announced) {
        return needMore();
      }
      type = buffer[start] & 0xff;
      offset = start + DerpFrames.HEADER_LENGTH;
      length = announced;
      start = offset + announced;
      return true;
    }
  }

  /** Type of the frame, one of the constants of {@link DerpFrames} or another. */
  public int type() {
    return type;
  }

  /** Where the frame's payload begins in {@link #buffer()}. */
  public int offset() {
    return offset;
  }

  /** Length of the frame's payload in bytes. */
  public int length() {
    return length;
  }

  /** A copy of the frame's payload. */
  public byte[] payload() {
    return Arrays.copyOfRange(buffer, offset, offset + length);
  }

  private boolean needMore() {
    if (start == end) {
      start = 0;
      end = 0;
    } else if (start >= CAPACITY / 2) {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
    }
    return false;
  }
}
