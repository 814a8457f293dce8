package org.tailjar.crypto;

import static org.tailjar.assembler.Memory.at;
import static org.tailjar.assembler.Register.RAX;
import static org.tailjar.assembler.Register.RCX;
import static org.tailjar.assembler.Register.RDI;
import static org.tailjar.assembler.Register.RDX;
import static org.tailjar.assembler.Zmm.zmm;

import java.util.Arrays;
import org.tailjar.assembler.Assembler;
import org.tailjar.assembler.Label;
import org.tailjar.assembler.Mask;
import org.tailjar.assembler.Memory;
import org.tailjar.assembler.Zmm;

/**
 * Machine code for ChaCha20 (RFC 8439 2.3) of 16 blocks side by side, one in each lane of AVX-512's
 * vectors. Unlike the JDK's block function, which makes 16 consecutive blocks of one message, each
 * lane has a nonce, a block number and a place in memory of its own, so that the packets of a batch
 * fill all lanes and the key stream never goes through memory.
 *
 * <p>The code is a function of one argument, the address of its parameters: the constants below are
 * offsets from there. It adds (exclusive or) so many consecutive blocks to each lane's memory.
 */
final class Avx512ChaCha20 {

  /** Blocks that are made at once. */
  static final int LANES = 16;

  /** Bytes of a block. */
  static final int BLOCK_LENGTH = 64;

  /** The first 12 words of the state: constants and key, 32 bits each. */
  static final int STATE = 0;

  /** A block number for each lane, 32 bits; counted up. */
  static final int NUMBERS = 64;

  /** The second word of each lane's nonce; the first is 0. */
  static final int NONCES_LOW = 128;

  /** The third word of each lane's nonce. */
  static final int NONCES_HIGH = 192;

  /** The address of each lane's first block, 64 bits. */
  static final int ADDRESSES = 256;

  /**
   * Which bytes of each lane's last block there are, a bit for each; the others are not touched.
   */
  static final int MASKS = 384;

  /** Blocks of each lane, at least 1; 64 bits. */
  static final int BLOCKS = 512;

  /** The number 1, 32 bits. */
  static final int ONE = 520;

  /** Bytes of all parameters. */
  static final int PARAMETERS_LENGTH = 576;

  private static final int CONSTANT_WORDS = 12;

  private static final Mask BYTES = new Mask(1);

  private final Assembler assembler = new Assembler();

  /** The words of the state; those behind them are free. */
  private final Zmm[] x = registers(0, 16);

  private Avx512ChaCha20() {}

  /** The code. */
  static byte[] code() {
    Avx512ChaCha20 code = new Avx512ChaCha20();
    code.function();
    return code.assembler.code();
  }

  private void function() {
    Label loop = new Label();
    Label last = new Label();
    assembler.mov(RDX, at(RDI, BLOCKS));
    assembler.mov(RCX, 0); // bytes from each lane's first block
    assembler.bind(loop);
    makeBlocks();
    assembler.sub(RDX, 1);
    assembler.je(last);
    addBlocks(false);
    assembler.add(RCX, BLOCK_LENGTH);
    assembler.jmp(loop);
    assembler.bind(last);
    addBlocks(true);
    assembler.vzeroupper();
    assembler.ret();
  }

  /** Leaves word i of all 16 blocks in vector i. */
  private void makeBlocks() {
    for (int i = 0; i < CONSTANT_WORDS; i++) {
      assembler.vpbroadcastd(x[i], at(RDI, STATE + Integer.BYTES * i));
    }
    assembler.vmovdqu64(x[12], at(RDI, NUMBERS));
    assembler.vpxord(x[13], x[13], x[13]);
    assembler.vmovdqu64(x[14], at(RDI, NONCES_LOW));
    assembler.vmovdqu64(x[15], at(RDI, NONCES_HIGH));

    Label doubleRound = new Label();
    assembler.mov(RAX, 10);
    assembler.bind(doubleRound);
    quarterRounds(0); // columns
    quarterRounds(1); // diagonals
    assembler.sub(RAX, 1);
    assembler.jne(doubleRound);

    for (int i = 0; i < CONSTANT_WORDS; i++) {
      assembler.vpadddBroadcast(x[i], x[i], at(RDI, STATE + Integer.BYTES * i));
    }
    Zmm numbers = zmm(16);
    assembler.vmovdqu64(numbers, at(RDI, NUMBERS));
    assembler.vpaddd(x[12], x[12], numbers);
    assembler.vpadddBroadcast(numbers, numbers, at(RDI, ONE));
    assembler.vmovdqu64(at(RDI, NUMBERS), numbers);
    assembler.vpaddd(x[14], x[14], at(RDI, NONCES_LOW));
    assembler.vpaddd(x[15], x[15], at(RDI, NONCES_HIGH));
  }

  /** Four quarter rounds (RFC 8439 2.1) in step, since each step waits for the one before. */
  private void quarterRounds(int diagonal) {
    Zmm[] a = row(0, 0);
    Zmm[] b = row(4, diagonal);
    Zmm[] c = row(8, 2 * diagonal);
    Zmm[] d = row(12, 3 * diagonal);
    addXorRotate(a, b, d, 16);
    addXorRotate(c, d, b, 12);
    addXorRotate(a, b, d, 8);
    addXorRotate(c, d, b, 7);
  }

  private Zmm[] row(int first, int turned) {
    Zmm[] row = new Zmm[4];
    Arrays.setAll(row, i -> x[first + (i + turned) % 4]);
    return row;
  }

  private void addXorRotate(Zmm[] sum, Zmm[] added, Zmm[] rotated, int bits) {
    for (int i = 0; i < 4; i++) {
      assembler.vpaddd(sum[i], sum[i], added[i]);
    }
    for (int i = 0; i < 4; i++) {
      assembler.vpxord(rotated[i], rotated[i], sum[i]);
    }
    for (int i = 0; i < 4; i++) {
      assembler.vprold(rotated[i], rotated[i], bits);
    }
  }

  /** Adds each block to its lane's memory. */
  private void addBlocks(boolean masked) {
    // Of four vectors, makes vectors with these four words of blocks i, i + 4, i + 8, i + 12.
    for (int i = 0; i < LANES; i += 4) {
      Zmm[] t = registers(16, 4);
      assembler.vpunpckldq(t[0], x[i], x[i + 1]);
      assembler.vpunpckhdq(t[1], x[i], x[i + 1]);
      assembler.vpunpckldq(t[2], x[i + 2], x[i + 3]);
      assembler.vpunpckhdq(t[3], x[i + 2], x[i + 3]);
      assembler.vpunpcklqdq(x[i], t[0], t[2]);
      assembler.vpunpckhqdq(x[i + 1], t[0], t[2]);
      assembler.vpunpcklqdq(x[i + 2], t[1], t[3]);
      assembler.vpunpckhqdq(x[i + 3], t[1], t[3]);
    }
    // Puts the quarters of blocks i, i + 4, i + 8 and i + 12 together.
    for (int i = 0; i < 4; i++) {
      Quarters.transpose(assembler, x[i], x[i + 4], x[i + 8], x[i + 12], zmm(16));
      for (int lane = i; lane < LANES; lane += 4) {
        add(x[lane], lane, masked);
      }
    }
  }

  private void add(Zmm block, int lane, boolean masked) {
    Memory memory = at(RAX, RCX);
    assembler.mov(RAX, at(RDI, ADDRESSES + Long.BYTES * lane));
    if (masked) {
      Zmm bytes = zmm(24);
      assembler.kmovq(BYTES, at(RDI, MASKS + Long.BYTES * lane));
      assembler.vmovdqu8(bytes, BYTES, memory);
      assembler.vpxord(block, block, bytes);
      assembler.vmovdqu8(memory, BYTES, block);
    } else {
      assembler.vpxord(block, block, memory);
      assembler.vmovdqu64(memory, block);
    }
  }

  private static Zmm[] registers(int first, int count) {
    Zmm[] registers = new Zmm[count];
    Arrays.setAll(registers, i -> zmm(first + i));
    return registers;
  }
}
