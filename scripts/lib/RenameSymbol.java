import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Lets a shared object import a function by a shorter name: {@code RenameSymbol.java FROM TO OLD
 * NEW}.
 *
 * <p>JNA's native library asks for {@code __strdup}, which glibc has beside {@code strdup} and musl
 * does not have. An entry of the dynamic symbol table says where in the string table its name
 * starts, so a name that ends with the new one need only start later: no string moves, and neither
 * does anything else. Hash tables are keyed by the names of what an object defines, and the version
 * that glibc is asked for stays with the entry, so one file serves both.
 *
 * <p>Fails unless {@code FROM} is a 64-bit little-endian shared object that imports {@code OLD}
 * once.
 */
final class RenameSymbol {

  private static final int MAGIC = 0x464c457f;
  private static final int CLASS_64 = 2;
  private static final int LITTLE_ENDIAN = 1;
  private static final int TYPE_SHARED = 3;
  private static final int SECTION_DYNSYM = 11;
  private static final int SECTION_SIZE = 64;
  private static final int SYMBOL_SIZE = 24;

  private final ByteBuffer file;

  private RenameSymbol(byte[] bytes) {
    file = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  public static void main(String[] arguments) throws IOException {
    if (arguments.length != 4) {
      System.err.println("usage: RenameSymbol.java FROM TO OLD NEW");
      System.exit(64);
    }
    Path from = Path.of(arguments[0]);
    byte[] bytes = Files.readAllBytes(from);
    try {
      new RenameSymbol(bytes).rename(arguments[2], arguments[3]);
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      System.err.println(from + ": " + e.getMessage());
      System.exit(65);
    }
    Files.write(Path.of(arguments[1]), bytes);
  }

  private void rename(String from, String to) {
    check(from.endsWith(to) && !to.isEmpty(), "'" + from + "' does not end with '" + to + "'");
    check(file.limit() >= SECTION_SIZE && file.getInt(0) == MAGIC, "not an ELF file");
    check(file.get(4) == CLASS_64 && file.get(5) == LITTLE_ENDIAN, "not 64-bit little-endian");
    check(file.getShort(16) == TYPE_SHARED, "not a shared object");
    int symbols = section(SECTION_DYNSYM);
    int first = offset(symbols + 24);
    int end = Math.addExact(first, offset(symbols + 32));
    int names = offset(header(file.getInt(symbols + 40)) + 24);
    int renamed = 0;
    for (int symbol = first; symbol < end; symbol += SYMBOL_SIZE) {
      boolean imported = file.getShort(symbol + 6) == 0;
      if (imported && from.equals(text(Math.addExact(names, file.getInt(symbol))))) {
        file.putInt(symbol, file.getInt(symbol) + from.length() - to.length());
        renamed++;
      }
    }
    check(renamed == 1, "imports '" + from + "' " + renamed + " times, not once");
  }

  private int section(int type) {
    int count = Short.toUnsignedInt(file.getShort(60));
    for (int i = 0; i < count; i++) {
      if (file.getInt(header(i) + 4) == type) {
        return header(i);
      }
    }
    throw new IllegalArgumentException("no dynamic symbol table");
  }

  private int header(int index) {
    check(file.getShort(58) == SECTION_SIZE, "section headers of an unknown size");
    return Math.addExact(offset(40), index * SECTION_SIZE);
  }

  private int offset(int at) {
    long value = file.getLong(at);
    check(value >= 0 && value <= file.limit(), "truncated");
    return (int) value;
  }

  private String text(int start) {
    int end = start;
    while (file.get(end) != 0) {
      end++;
    }
    return new String(file.array(), start, end - start, StandardCharsets.US_ASCII);
  }

  private static void check(boolean condition, String otherwise) {
    if (!condition) {
      throw new IllegalArgumentException(otherwise);
    }
  }
}
