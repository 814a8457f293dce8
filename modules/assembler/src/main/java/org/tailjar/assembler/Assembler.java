package org.tailjar.assembler;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes machine code, one instruction for each call. Methods are named as Intel's manual names the
 * instructions (Software Developer's Manual, volume 2), the first operand is the one that is
 * changed, and vectors are of 512 bits.
 *
 * <p>Displacements are always written in four bytes, which is never wrong and seldom matters. Not
 * thread-safe.
 */
public final class Assembler {

  // Mandatory prefixes, as EVEX and VEX number them.
  private static final int NO_PREFIX = 0;
  private static final int PREFIX_66 = 1;
  private static final int PREFIX_F3 = 2;
  private static final int PREFIX_F2 = 3;

  // Maps of opcodes, as EVEX and VEX number them.
  private static final int MAP_0F = 1;
  private static final int MAP_0F38 = 2;
  private static final int MAP_0F3A = 3;

  private static final int JUMP_LENGTH = 4;

  /** No third operand: encoded as register 0. */
  private static final int NONE = 0;

  private byte[] code = new byte[4096];
  private int length;

  /** An assembler without code. */
  public Assembler() {}

  /**
   * The code so far.
   *
   * @throws IllegalStateException when there is a jump to a label that is not bound
   */
  public byte[] code() {
    if (unbound != 0) {
      throw new IllegalStateException(unbound + " jumps lead nowhere");
    }
    return Arrays.copyOf(code, length);
  }

  private int unbound;

  // ---- general registers and jumps

  /** Loads 64 bits. */
  public void mov(Register to, Memory from) {
    rex(to.number(), from);
    put(0x8b);
    memory(to.number(), from);
  }

  /** Sets a register to a number of 32 bits, sign-extended. */
  public void mov(Register to, int value) {
    rex(NONE, to.number());
    put(0xc7);
    registers(0, to.number());
    putInt(value);
  }

  /** Adds a number to a register. */
  public void add(Register to, int value) {
    rex(NONE, to.number());
    put(0x81);
    registers(0, to.number());
    putInt(value);
  }

  /** Subtracts a number from a register and sets the flags. */
  public void sub(Register from, int value) {
    rex(NONE, from.number());
    put(0x81);
    registers(5, from.number());
    putInt(value);
  }

  /** Sets the flags as a subtraction of a number from a register would. */
  public void cmp(Register register, int value) {
    rex(NONE, register.number());
    put(0x81);
    registers(7, register.number());
    putInt(value);
  }

  /** Goes on at a label. */
  public void jmp(Label target) {
    put(0xe9);
    jump(target);
  }

  /** Goes on at a label if the flags say below, as numbers without sign. */
  public void jb(Label target) {
    put(0x0f);
    put(0x82);
    jump(target);
  }

  /** Goes on at a label if the flags say equal. */
  public void je(Label target) {
    put(0x0f);
    put(0x84);
    jump(target);
  }

  /** Goes on at a label if the flags say not equal. */
  public void jne(Label target) {
    put(0x0f);
    put(0x85);
    jump(target);
  }

  /**
   * The label stands for what comes next.
   *
   * @throws IllegalStateException when it is bound already
   */
  public void bind(Label label) {
    if (label.isBound()) {
      throw new IllegalStateException("bound twice");
    }
    label.target = length;
    unbound -= label.waiting.size();
    for (int at : label.waiting) {
      putInt(at, length - (at + JUMP_LENGTH));
    }
    label.waiting.clear();
  }

  /** Returns to the caller. */
  public void ret() {
    put(0xc3);
  }

  /** Ends the use of vectors; due before code that uses none returns to code with SSE. */
  public void vzeroupper() {
    put(0xc5);
    put(0xf8);
    put(0x77);
  }

  /** Loads a mask of 64 bits. */
  public void kmovq(Mask to, Memory from) {
    // VEX.L0.0F.W1 90 /r
    vex(to.number(), from, MAP_0F, NO_PREFIX, 1);
    put(0x90);
    memory(to.number(), from);
  }

  // ---- vectors in memory

  /** Loads a vector. */
  public void vmovdqu64(Zmm to, Memory from) {
    evex(to.number(), NONE, from, MAP_0F, PREFIX_F3, 1, null, false, false);
    put(0x6f);
    memory(to.number(), from);
  }

  /** Stores a vector. */
  public void vmovdqu64(Memory to, Zmm from) {
    evex(from.number(), NONE, to, MAP_0F, PREFIX_F3, 1, null, false, false);
    put(0x7f);
    memory(from.number(), to);
  }

  /** Loads those bytes of a vector that the mask has; the others become 0 and are not read. */
  public void vmovdqu8(Zmm to, Mask mask, Memory from) {
    evex(to.number(), NONE, from, MAP_0F, PREFIX_F2, 0, mask, true, false);
    put(0x6f);
    memory(to.number(), from);
  }

  /** Stores those bytes of a vector that the mask has. */
  public void vmovdqu8(Memory to, Mask mask, Zmm from) {
    evex(from.number(), NONE, to, MAP_0F, PREFIX_F2, 0, mask, false, false);
    put(0x7f);
    memory(from.number(), to);
  }

  /** Copies a vector. */
  public void vmovdqa64(Zmm to, Zmm from) {
    evex(to.number(), NONE, from.number(), MAP_0F, PREFIX_66, 1);
    put(0x6f);
    registers(to.number(), from.number());
  }

  /** Loads 32 bits into all elements. */
  public void vpbroadcastd(Zmm to, Memory from) {
    evex(to.number(), NONE, from, MAP_0F38, PREFIX_66, 0, null, false, false);
    put(0x58);
    memory(to.number(), from);
  }

  /** Loads 64 bits into all elements. */
  public void vpbroadcastq(Zmm to, Memory from) {
    evex(to.number(), NONE, from, MAP_0F38, PREFIX_66, 1, null, false, false);
    put(0x59);
    memory(to.number(), from);
  }

  // ---- 32-bit elements

  /** Adds. */
  public void vpaddd(Zmm to, Zmm a, Zmm b) {
    operation(to, a, b, MAP_0F, 0, 0xfe);
  }

  /** Adds a vector in memory. */
  public void vpaddd(Zmm to, Zmm a, Memory b) {
    operation(to, a, b, 0, 0xfe, false);
  }

  /** Adds 32 bits in memory to each element. */
  public void vpadddBroadcast(Zmm to, Zmm a, Memory b) {
    operation(to, a, b, 0, 0xfe, true);
  }

  /** Exclusive or. */
  public void vpxord(Zmm to, Zmm a, Zmm b) {
    operation(to, a, b, MAP_0F, 0, 0xef);
  }

  /** Exclusive or with a vector in memory. */
  public void vpxord(Zmm to, Zmm a, Memory b) {
    operation(to, a, b, 0, 0xef, false);
  }

  /** Rotates to the left. */
  public void vprold(Zmm to, Zmm from, int bits) {
    shift(to, from, 0, 0x72, 1, bits);
  }

  /** Interleaves the low halves of quarters. */
  public void vpunpckldq(Zmm to, Zmm a, Zmm b) {
    operation(to, a, b, MAP_0F, 0, 0x62);
  }

  /** Interleaves the high halves of quarters. */
  public void vpunpckhdq(Zmm to, Zmm a, Zmm b) {
    operation(to, a, b, MAP_0F, 0, 0x6a);
  }

  // ---- 64-bit elements

  /** Adds. */
  public void vpaddq(Zmm to, Zmm a, Zmm b) {
    operation(to, a, b, MAP_0F, 1, 0xd4);
  }

  /** And. */
  public void vpandq(Zmm to, Zmm a, Zmm b) {
    operation(to, a, b, MAP_0F, 1, 0xdb);
  }

  /** Or. */
  public void vporq(Zmm to, Zmm a, Zmm b) {
    operation(to, a, b, MAP_0F, 1, 0xeb);
  }

  /** Exclusive or. */
  public void vpxorq(Zmm to, Zmm a, Zmm b) {
    operation(to, a, b, MAP_0F, 1, 0xef);
  }

  /** Shifts to the left. */
  public void vpsllq(Zmm to, Zmm from, int bits) {
    shift(to, from, 1, 0x73, 6, bits);
  }

  /** Shifts to the right, zeros coming in. */
  public void vpsrlq(Zmm to, Zmm from, int bits) {
    shift(to, from, 1, 0x73, 2, bits);
  }

  /** Interleaves the low halves of quarters. */
  public void vpunpcklqdq(Zmm to, Zmm a, Zmm b) {
    operation(to, a, b, MAP_0F, 1, 0x6c);
  }

  /** Interleaves the high halves of quarters. */
  public void vpunpckhqdq(Zmm to, Zmm a, Zmm b) {
    operation(to, a, b, MAP_0F, 1, 0x6d);
  }

  /**
   * Takes two quarters of {@code a} and then two of {@code b}.
   *
   * @param quarters two bits for each of the four, lowest first
   */
  public void vshufi64x2(Zmm to, Zmm a, Zmm b, int quarters) {
    operation(to, a, b, MAP_0F3A, 1, 0x43);
    put(quarters);
  }

  /** Adds the low 52 bits of the products of 52-bit factors. */
  public void vpmadd52luq(Zmm to, Zmm a, Zmm b) {
    operation(to, a, b, MAP_0F38, 1, 0xb4);
  }

  /** Adds the high 52 bits of the products of 52-bit factors. */
  public void vpmadd52huq(Zmm to, Zmm a, Zmm b) {
    operation(to, a, b, MAP_0F38, 1, 0xb5);
  }

  /**
   * Bits chosen by the three that stand at their place.
   *
   * @param table bit {@code 4 * to + 2 * a + b} is the result
   */
  public void vpternlogq(Zmm to, Zmm a, Zmm b, int table) {
    operation(to, a, b, MAP_0F3A, 1, 0x25);
    put(table);
  }

  // ---- encodings

  private void operation(Zmm to, Zmm a, Zmm b, int map, int wide, int opcode) {
    evex(to.number(), a.number(), b.number(), map, PREFIX_66, wide);
    put(opcode);
    registers(to.number(), b.number());
  }

  private void operation(Zmm to, Zmm a, Memory b, int wide, int opcode, boolean broadcast) {
    evex(to.number(), a.number(), b, MAP_0F, PREFIX_66, wide, null, false, broadcast);
    put(opcode);
    memory(to.number(), b);
  }

  private void shift(Zmm to, Zmm from, int wide, int opcode, int extension, int bits) {
    evex(extension, to.number(), from.number(), MAP_0F, PREFIX_66, wide);
    put(opcode);
    registers(extension, from.number());
    put(bits);
  }

  /** EVEX prefix (volume 2, 2.7) for registers: reg and vvvv and rm, each 0 to 31. */
  private void evex(int reg, int vvvv, int rm, int map, int prefix, int wide) {
    evex(reg, vvvv, bit(rm, 4), bit(rm, 3), map, prefix, wide, 0);
  }

  /** EVEX prefix for an operand in memory. */
  private void evex(
      int reg,
      int vvvv,
      Memory memory,
      int map,
      int prefix,
      int wide,
      @Nullable Mask mask,
      boolean zeroing,
      boolean broadcast) {
    int index = memory.index() == null ? 0 : memory.index().number();
    int flags = (zeroing ? 0x80 : 0) | (broadcast ? 0x10 : 0) | (mask == null ? 0 : mask.number());
    evex(reg, vvvv, bit(index, 3), bit(memory.base().number(), 3), map, prefix, wide, flags);
  }

  private void evex(int reg, int vvvv, int x, int b, int map, int prefix, int wide, int flags) {
    put(0x62);
    // Register bits are stored inverted.
    put((bit(reg, 3) << 7 | x << 6 | b << 5 | bit(reg, 4) << 4) ^ 0xf0 | map);
    put(wide << 7 | (vvvv & 15 ^ 15) << 3 | 1 << 2 | prefix);
    put(flags | 0x40 | (bit(vvvv, 4) ^ 1) << 3);
  }

  /** VEX prefix of three bytes (volume 2, 2.3.5) for one register and memory. */
  private void vex(int reg, Memory memory, int map, int prefix, int wide) {
    int index = memory.index() == null ? 0 : memory.index().number();
    put(0xc4);
    put((bit(reg, 3) << 7 | bit(index, 3) << 6 | bit(memory.base().number(), 3) << 5) ^ 0xe0 | map);
    put(wide << 7 | 15 << 3 | prefix);
  }

  private void rex(int reg, Memory memory) {
    int index = memory.index() == null ? 0 : memory.index().number();
    put(0x48 | bit(reg, 3) << 2 | bit(index, 3) << 1 | bit(memory.base().number(), 3));
  }

  private void rex(int reg, int rm) {
    put(0x48 | bit(reg, 3) << 2 | bit(rm, 3));
  }

  /** ModRM for two registers. */
  private void registers(int reg, int rm) {
    put(0xc0 | (reg & 7) << 3 | rm & 7);
  }

  /** ModRM, SIB and a displacement of four bytes. */
  private void memory(int reg, Memory memory) {
    int base = memory.base().number() & 7;
    Register index = memory.index();
    // A base of 100 stands for a SIB byte, an index of 100 in it for none.
    if (index != null || base == 4) {
      put(0x84 | (reg & 7) << 3);
      put((index == null ? 4 : index.number() & 7) << 3 | base);
    } else {
      put(0x80 | (reg & 7) << 3 | base);
    }
    putInt(memory.displacement());
  }

  private void jump(Label target) {
    if (target.isBound()) {
      putInt(target.target - (length + JUMP_LENGTH));
    } else {
      target.waiting.add(length);
      unbound++;
      putInt(0);
    }
  }

  private static int bit(int number, int bit) {
    return number >>> bit & 1;
  }

  private void put(int value) {
    if (length == code.length) {
      code = Arrays.copyOf(code, 2 * length);
    }
    code[length++] = (byte) value;
  }

  private void putInt(int value) {
    for (int i = 0; i < Integer.SIZE; i += Byte.SIZE) {
      put(value >>> i);
    }
  }

  private void putInt(int at, int value) {
    for (int i = 0; i < Integer.BYTES; i++) {
      code[at + i] = (byte) (value >>> Byte.SIZE * i);
    }
  }
}
