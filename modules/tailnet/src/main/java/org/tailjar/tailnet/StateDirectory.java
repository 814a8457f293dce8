package org.tailjar.tailnet;

import java.io.IOException;
import java.io.InputStream;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Blake2s;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.tailnet.NodeIdentity.MalformedException;

/**
 * Keeps the identity and the last network map in a directory: written to a temporary file, flushed
 * to the disk, renamed, and the directory flushed. One process at a time, by a lock that the kernel
 * takes back when the process ends.
 */
final class StateDirectory implements StateStore {

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");
  private static final String STATE = "tailjar.state";
  private static final String TEMPORARY = ".new";
  private static final String MAP = "netmap.json";
  private static final String DISCO_KEY = "disco.key";
  private static final String LOCK = "tailjar.lock";
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

  private final Path directory;
  private final FileChannel lockChannel;

  private StateDirectory(Path directory, FileChannel lockChannel) {
    this.directory = directory;
    this.lockChannel = lockChannel;
  }

  static StateDirectory open(Path directory) {
    FileChannel channel = null;
    try {
      if (!Files.isDirectory(directory)) {
        Files.createDirectories(directory, PRIVATE_DIRECTORY);
      }
      channel =
          FileChannel.open(
              directory.resolve(LOCK),
              Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
              PRIVATE_FILE);
      FileLock lock = tryLock(channel);
      if (lock == null) {
        channel.close();
        throw new StartException(new StartFailure.StateDirectoryInUse(directory));
      }
      StateDirectory state = new StateDirectory(directory, channel);
      state.probe();
      return state;
    } catch (IOException e) {
      closeQuietly(channel);
      throw new StartException(new StartFailure.StateDirectoryNotWritable(directory, reason(e)), e);
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /**
   * Writes and removes a file, since a lock file that was there before proves nothing of the disk.
   * A full disk is no reason for a node that is kept already not to start.
   */
  private void probe() throws IOException {
    Path probe = directory.resolve(STATE + TEMPORARY);
    Files.deleteIfExists(probe);
    try {
      write(probe, new byte[] {'\n'});
    } catch (IOException e) {
      if (!isFull(e) || !Files.exists(directory.resolve(STATE))) {
        throw e;
      }
      LOG.log(
          Level.WARNING,
          "nothing can be saved in {0} until there is room: {1}",
          directory,
          reason(e));
    } finally {
      Files.deleteIfExists(probe);
    }
  }

  /** The JDK has no exception of its own for it, and the C locale is the launcher's. */
  private static boolean isFull(IOException e) {
    String reason = reason(e);
    return reason.contains("No space left") || reason.contains("quota exceeded");
  }

  @Override
  public Path place() {
    return directory.resolve(STATE);
  }

  @Override
  public Optional<NodeIdentity> load() throws IOException, MalformedException {
    Optional<byte[]> content = read(STATE, NodeIdentity.MAX_SIZE);
    return content.isEmpty() ? Optional.empty() : Optional.of(NodeIdentity.decode(content.get()));
  }

  @Override
  public Optional<NodeIdentity> takeOver(String serverUrl) {
    Path file = directory.resolve(IncumbentState.FILE);
    try {
      Optional<byte[]> content = read(IncumbentState.FILE, IncumbentState.MAX_SIZE);
      if (content.isEmpty()) {
        return Optional.empty();
      }
      IncumbentState found = IncumbentState.decode(content.get(), serverUrl);
      // A map without an identity is of another life.
      forgetMap();
      LOG.log(Level.INFO, "taking over the node in {0}: same address and name, no auth key", file);
      return Optional.of(found.identity(serverUrl));
    } catch (MalformedException e) {
      LOG.log(Level.WARNING, "the node in {0} is not taken over: {1}", file, e.getMessage());
    } catch (IOException e) {
      LOG.log(Level.WARNING, "the node in {0} is not taken over: {1}", file, reason(e));
    }
    return Optional.empty();
  }

  @Override
  public void save(NodeIdentity identity) throws IOException {
    replace(STATE, identity.encode());
  }

  @Override
  public void setAside(NodeIdentity identity) throws IOException {
    replace(aside(identity.serverUrl()), identity.encode());
  }

  @Override
  public Optional<NodeIdentity> loadAside(String serverUrl) throws IOException, MalformedException {
    Optional<byte[]> content = read(aside(serverUrl), NodeIdentity.MAX_SIZE);
    return content.isEmpty() ? Optional.empty() : Optional.of(NodeIdentity.decode(content.get()));
  }

  /** A URL is no file name, and its hash is one of fixed length. */
  private static String aside(String serverUrl) {
    byte[] hash = Blake2s.hash(serverUrl.getBytes(StandardCharsets.UTF_8));
    return STATE + "." + HexFormat.of().formatHex(hash, 0, 8);
  }

  @Override
  public Optional<SavedMap> loadMap() throws IOException, MalformedException {
    Optional<byte[]> content = read(MAP, MapFile.MAX_SIZE);
    return content.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new SavedMap(
                MapFile.decode(content.get()),
                Files.getLastModifiedTime(directory.resolve(MAP)).toInstant()));
  }

  @Override
  public void saveMap(byte[] json) throws IOException {
    replace(MAP, MapFile.encode(json));
  }

  @Override
  public Optional<DiscoPrivateKey> loadDiscoKey() throws IOException, MalformedException {
    Optional<byte[]> content = read(DISCO_KEY, DiscoKeyFile.MAX_SIZE);
    return content.isEmpty() ? Optional.empty() : Optional.of(DiscoKeyFile.decode(content.get()));
  }

  @Override
  public void saveDiscoKey(DiscoPrivateKey key) throws IOException {
    replace(DISCO_KEY, DiscoKeyFile.encode(key));
  }

  @Override
  public synchronized void forgetMap() throws IOException {
    Files.deleteIfExists(directory.resolve(MAP));
    Files.deleteIfExists(directory.resolve(DISCO_KEY));
  }

  private Optional<byte[]> read(String name, int limit) throws IOException, MalformedException {
    Path file = directory.resolve(name);
    try {
      // What is not a regular file might never end.
      if (!Files.readAttributes(file, BasicFileAttributes.class).isRegularFile()) {
        throw new MalformedException("it is no regular file");
      }
      try (InputStream in = Files.newInputStream(file)) {
        byte[] content = in.readNBytes(limit + 1);
        if (content.length > limit) {
          throw new MalformedException("it is longer than " + limit + " bytes");
        }
        return Optional.of(content);
      }
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new IOException(name + " cannot be read: " + reason(e), e);
    }
  }

  /**
   * Each file has a temporary one of its own: the identity and the map are saved by threads of
   * their own, and one must never be renamed to the other's name.
   */
  private synchronized void replace(String name, byte[] content) throws IOException {
    Path temporary = directory.resolve(name + TEMPORARY);
    Files.deleteIfExists(temporary);
    try {
      write(temporary, content);
      Files.move(
          temporary,
          directory.resolve(name),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      // On a full disk it would take the room that another file needs.
      Files.deleteIfExists(temporary);
      throw new IOException(reason(e), e);
    }
    try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
      // The rename itself is only safe once the directory is on the disk.
      channel.force(true);
    }
  }

  private static void write(Path file, byte[] content) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), PRIVATE_FILE)) {
      ByteBuffer buffer = ByteBuffer.wrap(content);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
  }

  private static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException denied -> "permission denied";
      case FileSystemException system when system.getReason() != null -> system.getReason();
      case FileAlreadyExistsException file -> "it is no directory";
      case NoSuchFileException missing -> "a parent directory does not exist or cannot hold it";
      default -> String.valueOf(e.getMessage());
    };
  }

  private static void closeQuietly(@Nullable FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // The channel held nothing but a lock, which ends with it either way.
      }
    }
  }

  @Override
  public void close() {
    closeQuietly(lockChannel);
  }
}
