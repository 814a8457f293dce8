package org.tailjar.linux;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * How the kernel shares out the datagrams to one port among several sockets: those that begin with
 * a given word go to the socket that a byte in them names, modulo the number of sockets, and all
 * others to the first one.
 *
 * @param firstWord the first four bytes as a big-endian number
 * @param selector offset in the datagram of the byte that names the socket
 */
public record Steering(int firstWord, int selector) {

  // Classic BPF (linux/bpf_common.h). The program sees the datagram without its UDP header.
  private static final int LOAD_WORD = 0x20;
  private static final int LOAD_BYTE = 0x30;
  private static final int JUMP_IF_EQUAL = 0x15;
  private static final int MODULO = 0x94;
  private static final int RETURN_CONSTANT = 0x06;
  private static final int RETURN_ACCUMULATOR = 0x16;

  private static final int INSTRUCTION_LENGTH = 8;
  private static final int INSTRUCTIONS = 6;
  private static final int PROGRAM_POINTER = 8;
  private static final int PROGRAM_LENGTH = 16;

  /**
   * The program for SO_ATTACH_REUSEPORT_CBPF. A load beyond the end of a datagram ends it with 0.
   *
   * @return a {@code struct sock_fprog}
   */
  MemorySegment program(int sockets, Arena arena) {
    MemorySegment code = arena.allocate(INSTRUCTIONS * INSTRUCTION_LENGTH, 8);
    instruction(code, 0, LOAD_WORD, 0, 0, 0);
    instruction(code, 1, JUMP_IF_EQUAL, 0, 3, firstWord);
    instruction(code, 2, LOAD_BYTE, 0, 0, selector);
    instruction(code, 3, MODULO, 0, 0, sockets);
    instruction(code, 4, RETURN_ACCUMULATOR, 0, 0, 0);
    instruction(code, 5, RETURN_CONSTANT, 0, 0, 0);
    MemorySegment program = arena.allocate(PROGRAM_LENGTH, 8);
    program.set(ValueLayout.JAVA_SHORT, 0, (short) INSTRUCTIONS);
    program.set(ValueLayout.JAVA_LONG, PROGRAM_POINTER, code.address());
    return program;
  }

  private static void instruction(
      MemorySegment code, int index, int operation, int ifTrue, int ifFalse, int constant) {
    long at = (long) index * INSTRUCTION_LENGTH;
    code.set(ValueLayout.JAVA_SHORT, at, (short) operation);
    code.set(ValueLayout.JAVA_BYTE, at + 2, (byte) ifTrue);
    code.set(ValueLayout.JAVA_BYTE, at + 3, (byte) ifFalse);
    code.set(ValueLayout.JAVA_INT, at + 4, constant);
  }
}
