package org.tailjar.crypto;

import static org.tailjar.assembler.Memory.at;
import static org.tailjar.assembler.Register.RAX;
import static org.tailjar.assembler.Register.RCX;
import static org.tailjar.assembler.Register.RDI;
import static org.tailjar.assembler.Register.RDX;
import static org.tailjar.assembler.Zmm.zmm;

import org.tailjar.assembler.Assembler;
import org.tailjar.assembler.Label;
import org.tailjar.assembler.Mask;
import org.tailjar.assembler.Zmm;

/**
 * Machine code for Poly1305 (RFC 8439 2.5) of eight messages of equal length side by side, one in
 * each lane of AVX-512's vectors, by the multiplication of IFMA. The blocks of a piece are
 * multiplied by falling powers of the key, which is the definition multiplied out: their products
 * are added up before there is anything to carry, and only the first waits for the piece before.
 *
 * <p>Numbers are three limbs of 44, 44 and 42 bits. The code is a function of one argument, the
 * address of its parameters: the constants below are offsets from there. It authenticates as RFC
 * 8439 2.8 wants, without additional data: the message, zeros up to a whole block, both lengths.
 */
final class Avx512Poly1305 {

  /** Messages at once. */
  static final int LANES = 8;

  /** Bytes of each message that are taken in one go. */
  static final int PIECE_LENGTH = 64;

  /** Limbs of a number. */
  static final int LIMBS = 3;

  /** Bits of the lower limbs. */
  static final int LIMB_BITS = 44;

  /** The address of each message, 64 bits. */
  static final int ADDRESSES = 0;

  /** Limb 0 of each lane's r (clamped), then limb 1, then limb 2; 64 bits. */
  static final int KEYS = 64;

  /** Bytes from there on in which the code leaves what it makes of the keys. */
  static final int KEYS_LENGTH = 1280;

  /** In the same order as the keys, takes each lane's result, which is not completely reduced. */
  static final int RESULTS = KEYS + KEYS_LENGTH;

  /** Whole pieces of each message; 64 bits. */
  static final int PIECES = RESULTS + LIMBS * Zmm.BYTES;

  /** Which bytes of the piece behind them there are, a bit for each. */
  static final int REST_MASK = PIECES + 8;

  /** Blocks of that piece, whole or not, 0 to 4; 64 bits. */
  static final int REST_BLOCKS = PIECES + 16;

  /** Bytes of each message; 64 bits. */
  static final int MESSAGE_LENGTH = PIECES + 24;

  /** {@link #CONSTANT_NUMBERS}. */
  static final int CONSTANTS = PIECES + 32;

  /** Bytes of all parameters. */
  static final int PARAMETERS_LENGTH = PIECES + 64;

  private static final int TOP_LIMB_BITS = 42;

  /** Masks of a lower and of the top limb, and the bit behind each block of 16 bytes. */
  static final long[] CONSTANT_NUMBERS = {
    (1L << LIMB_BITS) - 1, (1L << TOP_LIMB_BITS) - 1, 1L << 128 - 2 * LIMB_BITS
  };

  /** Bits of the low half of a product. */
  private static final int PRODUCT_BITS = 52;

  private static final int PIECE_BLOCKS = PIECE_LENGTH / Poly1305.BLOCK_LENGTH;

  /** Bytes of a power of each lane's key: its limbs, and 20 times those but the first. */
  private static final int POWER_LENGTH = KEYS_LENGTH / PIECE_BLOCKS;

  /**
   * What {@code vpternlogq} makes of each three bits: those of the first two, if the third is 1.
   */
  private static final int OR_AND = 0xa8;

  private static final Mask REST = new Mask(1);

  private static final Zmm[] H = {zmm(16), zmm(17), zmm(18)};

  /** The limbs of a block. */
  private static final Zmm[] M = {zmm(29), zmm(30), zmm(31)};

  /** The power of the key that is multiplied by. */
  private static final Zmm[] R = {zmm(19), zmm(20), zmm(21)};

  /** 20 times the upper limbs of {@link #R}: what reaches 2^132 comes back as 4 times 5. */
  private static final Zmm[] S = {zmm(22), zmm(23)};

  private static final Zmm LIMB = zmm(24);
  private static final Zmm TOP_LIMB = zmm(25);
  private static final Zmm BLOCK_BIT = zmm(26);
  private static final Zmm LENGTHS = zmm(27);
  private static final Zmm ZERO = zmm(28);
  private static final Zmm CARRY = zmm(6);

  private final Assembler assembler = new Assembler();

  private Avx512Poly1305() {}

  /** The code. */
  static byte[] code() {
    Avx512Poly1305 code = new Avx512Poly1305();
    code.function();
    return code.assembler.code();
  }

  /** One of the limbs of a number of 128 bits. */
  static long limb(int limb, long low, long high) {
    return switch (limb) {
      case 0 -> low & CONSTANT_NUMBERS[0];
      case 1 -> (low >>> LIMB_BITS | high << Long.SIZE - LIMB_BITS) & CONSTANT_NUMBERS[0];
      default -> high >>> 2 * LIMB_BITS - Long.SIZE;
    };
  }

  /**
   * Reduces a result completely, adds {@code s} (the second half of the one-time key, two
   * little-endian words) and leaves the tag as two little-endian words in {@code tag}. Branches on
   * nothing.
   */
  static void finish(long l0, long l1, long l2, long sLow, long sHigh, long[] tag) {
    long limb = (1L << LIMB_BITS) - 1;
    long topLimb = (1L << TOP_LIMB_BITS) - 1;
    // The first pass brings limb 1 into its bounds and may carry up and around, the second has
    // carries of 1 at most.
    for (int pass = 0; pass < 2; pass++) {
      l1 += l0 >>> LIMB_BITS;
      l0 &= limb;
      l2 += l1 >>> LIMB_BITS;
      l1 &= limb;
      l0 += 5 * (l2 >>> TOP_LIMB_BITS);
      l2 &= topLimb;
    }
    // One subtraction of 2^130 - 5 is due if adding 5 reaches 2^130.
    long carry = l0 + 5 >>> LIMB_BITS;
    carry = l1 + carry >>> LIMB_BITS;
    carry = l2 + carry >>> TOP_LIMB_BITS;
    l0 += 5 * carry;
    l1 += l0 >>> LIMB_BITS;
    l0 &= limb;
    l2 += l1 >>> LIMB_BITS;
    l1 &= limb;
    Poly1305.addKey(
        l0 | l1 << LIMB_BITS,
        l1 >>> Long.SIZE - LIMB_BITS | l2 << 2 * LIMB_BITS - Long.SIZE,
        sLow,
        sHigh,
        tag);
  }

  private void function() {
    Label pieces = new Label();
    Label rest = new Label();
    Label lengths = new Label();
    load();
    assembler.mov(RCX, 0); // bytes from the start of each message
    assembler.mov(RDX, at(RDI, PIECES));
    assembler.cmp(RDX, 0);
    assembler.je(rest);
    makePowers();
    assembler.bind(pieces);
    transposePiece(false);
    piece();
    assembler.add(RCX, PIECE_LENGTH);
    assembler.sub(RDX, 1);
    assembler.jne(pieces);

    assembler.bind(rest);
    loadPower(1);
    assembler.mov(RDX, at(RDI, REST_BLOCKS));
    assembler.cmp(RDX, 0);
    assembler.je(lengths);
    transposePiece(true);
    for (int i = 0; i < PIECE_BLOCKS; i++) {
      block(low(i), high(i));
      assembler.cmp(RDX, i + 1);
      assembler.je(lengths);
    }

    assembler.bind(lengths);
    block(ZERO, LENGTHS);
    for (int limb = 0; limb < LIMBS; limb++) {
      assembler.vmovdqu64(at(RDI, RESULTS + Zmm.BYTES * limb), H[limb]);
    }
    assembler.vzeroupper();
    assembler.ret();
  }

  private void load() {
    assembler.vpbroadcastq(LIMB, at(RDI, CONSTANTS));
    assembler.vpbroadcastq(TOP_LIMB, at(RDI, CONSTANTS + Long.BYTES));
    assembler.vpbroadcastq(BLOCK_BIT, at(RDI, CONSTANTS + 2 * Long.BYTES));
    assembler.vpbroadcastq(LENGTHS, at(RDI, MESSAGE_LENGTH));
    assembler.vpxorq(ZERO, ZERO, ZERO);
    for (int limb = 0; limb < LIMBS; limb++) {
      assembler.vmovdqa64(H[limb], ZERO);
      assembler.vmovdqu64(R[limb], at(RDI, KEYS + Zmm.BYTES * limb));
    }
    storePower(1, R);
  }

  private static int power(int exponent) {
    return KEYS + POWER_LENGTH * (exponent - 1);
  }

  private void loadPower(int exponent) {
    for (int limb = 0; limb < LIMBS; limb++) {
      assembler.vmovdqu64(R[limb], at(RDI, power(exponent) + Zmm.BYTES * limb));
    }
    for (int i = 0; i < S.length; i++) {
      assembler.vmovdqu64(S[i], at(RDI, power(exponent) + Zmm.BYTES * (LIMBS + i)));
    }
  }

  private void storePower(int exponent, Zmm[] limbs) {
    for (int limb = 0; limb < LIMBS; limb++) {
      assembler.vmovdqu64(at(RDI, power(exponent) + Zmm.BYTES * limb), limbs[limb]);
    }
    for (int i = 0; i < S.length; i++) {
      Zmm limb = limbs[i + 1];
      assembler.vpsllq(CARRY, limb, 2);
      assembler.vpsllq(M[0], limb, 4);
      assembler.vpaddq(CARRY, CARRY, M[0]);
      assembler.vmovdqu64(at(RDI, power(exponent) + Zmm.BYTES * (LIMBS + i)), CARRY);
    }
  }

  /** Makes the powers that a piece takes; the result so far is 0 and stays so. */
  private void makePowers() {
    loadPower(1);
    for (int limb = 0; limb < LIMBS; limb++) {
      assembler.vmovdqa64(H[limb], R[limb]);
    }
    for (int exponent = 2; exponent <= PIECE_BLOCKS; exponent++) {
      clearSums();
      multiply(H);
      carry();
      storePower(exponent, H);
    }
    for (Zmm limb : H) {
      assembler.vmovdqa64(limb, ZERO);
    }
  }

  /** Where {@link #transposePiece} leaves the low words of a block. */
  private static Zmm low(int block) {
    return zmm(8 + block);
  }

  private static Zmm high(int block) {
    return zmm(12 + block);
  }

  /** Reads the next piece of each message and puts the same words of all side by side. */
  private void transposePiece(boolean rest) {
    if (rest) {
      assembler.kmovq(REST, at(RDI, REST_MASK));
    }
    for (int lane = 0; lane < LANES; lane++) {
      assembler.mov(RAX, at(RDI, ADDRESSES + Long.BYTES * lane));
      if (rest) {
        assembler.vmovdqu8(zmm(lane), REST, at(RAX, RCX));
      } else {
        assembler.vmovdqu64(zmm(lane), at(RAX, RCX));
      }
    }
    for (int pair = 0; pair < LANES / 2; pair++) {
      assembler.vpunpcklqdq(low(pair), zmm(2 * pair), zmm(2 * pair + 1));
      assembler.vpunpckhqdq(high(pair), zmm(2 * pair), zmm(2 * pair + 1));
    }
    Quarters.transpose(assembler, low(0), low(1), low(2), low(3), zmm(0));
    Quarters.transpose(assembler, high(0), high(1), high(2), high(3), zmm(4));
  }

  /** Adds the blocks of a piece, each multiplied by its power of the key. */
  private void piece() {
    clearSums();
    // The first comes last: it is the only one that has to wait for the piece before.
    for (int i = PIECE_BLOCKS - 1; i >= 0; i--) {
      loadPower(PIECE_BLOCKS - i);
      split(low(i), high(i));
      if (i == 0) {
        addBlock();
        multiply(H);
      } else {
        multiply(M);
      }
    }
    carry();
  }

  /** Adds a block of each message and multiplies by the power that is loaded. */
  private void block(Zmm low, Zmm high) {
    split(low, high);
    addBlock();
    clearSums();
    multiply(H);
    carry();
  }

  /** Splits a block into limbs. */
  private void split(Zmm low, Zmm high) {
    assembler.vpandq(M[0], low, LIMB);
    assembler.vpsrlq(M[1], low, LIMB_BITS);
    assembler.vpsllq(M[2], high, Long.SIZE - LIMB_BITS);
    assembler.vpternlogq(M[1], M[2], LIMB, OR_AND);
    assembler.vpsrlq(M[2], high, 2 * LIMB_BITS - Long.SIZE);
    assembler.vporq(M[2], M[2], BLOCK_BIT);
  }

  private void addBlock() {
    for (int limb = 0; limb < LIMBS; limb++) {
      assembler.vpaddq(H[limb], H[limb], M[limb]);
    }
  }

  private void clearSums() {
    for (int limb = 0; limb < LIMBS; limb++) {
      assembler.vpxorq(lowSum(limb), ZERO, ZERO);
      assembler.vpxorq(highSum(limb), ZERO, ZERO);
    }
  }

  /** Adds to the sums the products of a number and the power that is loaded. */
  private void multiply(Zmm[] number) {
    // Limb 1 comes last out of what was carried before.
    multiply(number[0], R[0], R[1], R[2]);
    multiply(number[2], S[0], S[1], R[0]);
    multiply(number[1], S[1], R[0], R[1]);
  }

  /** Adds the products of one limb to the three limbs of the sums. */
  private void multiply(Zmm limb, Zmm... factors) {
    for (int i = 0; i < LIMBS; i++) {
      assembler.vpmadd52luq(lowSum(i), limb, factors[i]);
      assembler.vpmadd52huq(highSum(i), limb, factors[i]);
    }
  }

  /**
   * Makes limbs of the sums. High halves stand for 2^52, which is 2^8 of the next limb. With four
   * products in them, low sums stay below 2^56, high ones below 2^46, and what comes around below
   * 2^59.
   */
  private void carry() {
    assembler.vpsrlq(CARRY, lowSum(0), LIMB_BITS);
    assembler.vpandq(H[0], lowSum(0), LIMB);
    carry(0, 1);
    assembler.vpsrlq(CARRY, lowSum(1), LIMB_BITS);
    assembler.vpandq(H[1], lowSum(1), LIMB);
    carry(1, 2);
    assembler.vpsrlq(CARRY, lowSum(2), TOP_LIMB_BITS);
    assembler.vpandq(H[2], lowSum(2), TOP_LIMB);
    assembler.vpsllq(highSum(2), highSum(2), PRODUCT_BITS - TOP_LIMB_BITS);
    assembler.vpaddq(CARRY, CARRY, highSum(2));
    // From the top around to limb 0, five times.
    assembler.vpaddq(H[0], H[0], CARRY);
    assembler.vpsllq(CARRY, CARRY, 2);
    assembler.vpaddq(H[0], H[0], CARRY);
    assembler.vpsrlq(CARRY, H[0], LIMB_BITS);
    assembler.vpandq(H[0], H[0], LIMB);
    assembler.vpaddq(H[1], H[1], CARRY);
  }

  private void carry(int from, int to) {
    assembler.vpsllq(highSum(from), highSum(from), PRODUCT_BITS - LIMB_BITS);
    assembler.vpaddq(lowSum(to), lowSum(to), highSum(from));
    assembler.vpaddq(lowSum(to), lowSum(to), CARRY);
  }

  private static Zmm lowSum(int limb) {
    return zmm(limb);
  }

  private static Zmm highSum(int limb) {
    return zmm(LIMBS + limb);
  }
}
