package org.tailjar.systemtests;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;

/**
 * The dynamic symbols of a 64-bit little-endian ELF file.
 *
 * @param imported what it cannot be loaded without
 * @param defined what it offers to others
 */
record ElfSymbols(Set<String> imported, Set<String> defined) {

  private static final int DYNSYM = 11;
  private static final int SYMBOL_SIZE = 24;
  private static final int GLOBAL = 1;
  private static final int WEAK = 2;

  static ElfSymbols of(Path path) throws IOException {
    byte[] bytes = Files.readAllBytes(path);
    ByteBuffer file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    ElfSymbols symbols = new ElfSymbols(new TreeSet<>(), new TreeSet<>());
    int table = (int) file.getLong(40);
    while (file.getInt(table + 4) != DYNSYM) {
      table += 64;
    }
    int strings = (int) file.getLong((int) file.getLong(40) + file.getInt(table + 40) * 64 + 24);
    int first = (int) file.getLong(table + 24);
    int end = first + (int) file.getLong(table + 32);
    for (int at = first + SYMBOL_SIZE; at < end; at += SYMBOL_SIZE) {
      int start = strings + file.getInt(at);
      int length = 0;
      while (bytes[start + length] != 0) {
        length++;
      }
      String name = new String(bytes, start, length, StandardCharsets.US_ASCII);
      int binding = file.get(at + 4) >> 4;
      if (file.getShort(at + 6) != 0 && (binding == GLOBAL || binding == WEAK)) {
        symbols.defined.add(name);
      } else if (binding == GLOBAL) {
        symbols.imported.add(name);
      }
    }
    return symbols;
  }
}
