package org.tailjar.dns;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The system's resolv.conf. It is written in place and never replaced: a container runtime shares
 * the very file with the containers that are joined to this one.
 *
 * <p>What was there before is kept in comments of the file itself, and in a second file in case a
 * write is cut short: one that is killed leaves the old content with some of the new. Not
 * thread-safe.
 */
public final class ResolvConfFile {

  private static final Logger LOG = System.getLogger("org.tailjar.dns");
  private static final int MAX_SIZE = 64 * 1024;

  private final Path file;
  private final @Nullable Path keptIn;
  private @Nullable String written;
  private String former = "";

  /**
   * Nothing is read or written yet.
   *
   * @param file usually {@code /etc/resolv.conf}
   * @param keptIn where the former content is kept as well, null for nowhere
   */
  public ResolvConfFile(Path file, @Nullable Path keptIn) {
    this.file = file;
    this.keptIn = keptIn;
  }

  /**
   * Puts back what an earlier process left behind that was killed; does nothing when there is none.
   *
   * @throws IOException when the file cannot be read or written
   */
  public void recover() throws IOException {
    String present = read();
    if (ResolvConf.isOurs(present) || ResolvConf.isTorn(present)) {
      LOG.log(Level.INFO, "{0} is put back, as it was before the last run", file);
      write(formerOf(present));
    }
    forget();
  }

  /**
   * Has the system ask the service, unless it does already. What somebody else has written
   * meanwhile counts as the former content from then on.
   *
   * @return whether the file was changed
   * @throws IOException when the file is not there or cannot be written; it is then as it was
   */
  public boolean serve(InetAddress service, List<DnsName> searchDomains) throws IOException {
    String present = read();
    if (written == null || !present.equals(written)) {
      former = formerOf(present);
    }
    String wanted = ResolvConf.serving(former, service, searchDomains);
    if (present.equals(wanted)) {
      written = wanted;
      return false;
    }
    keep();
    write(wanted);
    written = wanted;
    return true;
  }

  /** The nameservers of the former content. */
  public List<InetAddress> formerNameservers() {
    return ResolvConf.parse(former).nameservers();
  }

  /**
   * Puts the former content back, byte for byte, unless somebody else has written the file.
   *
   * @throws IOException when it cannot be written
   */
  public void restore() throws IOException {
    if (written == null) {
      return;
    }
    written = null;
    if (ResolvConf.isOurs(read())) {
      write(former);
    }
    forget();
  }

  private String formerOf(String present) throws IOException {
    if (!ResolvConf.isOurs(present) && !ResolvConf.isTorn(present)) {
      return present;
    }
    Optional<String> inside = ResolvConf.former(present);
    if (inside.isPresent()) {
      return inside.get();
    }
    if (written != null) {
      return former;
    }
    try {
      return keptIn == null ? ResolvConf.withoutOurs(present) : readSmall(keptIn);
    } catch (NoSuchFileException e) {
      return ResolvConf.withoutOurs(present);
    }
  }

  private String read() throws IOException {
    return readSmall(file);
  }

  private static String readSmall(Path path) throws IOException {
    if (Files.size(path) > MAX_SIZE) {
      throw new IOException(path + " is too long for a resolv.conf");
    }
    return Files.readString(path, StandardCharsets.ISO_8859_1);
  }

  /** One write, which nothing comes between; then the rest of a longer content is cut off. */
  private void write(String content) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.ISO_8859_1));
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes, bytes.position());
      }
      channel.truncate(bytes.limit());
    }
  }

  private void keep() {
    Path kept = keptIn;
    if (kept == null) {
      return;
    }
    Path temporary = kept.resolveSibling(kept.getFileName() + ".new");
    try {
      Files.writeString(temporary, former, StandardCharsets.ISO_8859_1);
      Files.move(
          temporary, kept, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "the former resolv.conf is kept in the file alone", e);
    }
  }

  private void forget() {
    try {
      if (keptIn != null) {
        Files.deleteIfExists(keptIn);
      }
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "the kept resolv.conf stays", e);
    }
  }
}
