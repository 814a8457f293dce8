package org.tailjar.launcher;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;

import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Objects;
import java.util.Optional;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;

/**
 * The LocalAPI on a socket in the file system. Anybody may connect (mode 0666, as the incumbent's):
 * what they may do is decided by who they are, which the kernel tells.
 */
final class LocalSocket implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger("org.tailjar.launcher");

  private final Path path;
  private final @Nullable Object fileKey;
  private final HttpServer server;

  private LocalSocket(Path path, @Nullable Object fileKey, HttpServer server) {
    this.path = path;
    this.fileKey = fileKey;
    this.server = server;
  }

  /**
   * Serves at the first candidate that works; where none does, says so once, and the node goes on
   * without.
   */
  static Optional<LocalSocket> open(SocketLocation location, HttpHandler handler) {
    IOException last = null;
    for (var path : location.candidates()) {
      try {
        var socket = open(path, handler);
        if (last != null) {
          LOG.log(INFO, "the command socket is " + path + ": " + last.getMessage());
        }
        return Optional.of(socket);
      } catch (IOException e) {
        last = e;
      }
    }
    LOG.log(
        WARNING,
        "no command socket, so tailjar status and healthcheck will not work: "
            + Objects.requireNonNull(last).getMessage());
    return Optional.empty();
  }

  private static LocalSocket open(Path path, HttpHandler handler) throws IOException {
    var listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      Files.createDirectories(Objects.requireNonNull(path.getParent()));
      removeStale(path);
      listener.bind(UnixDomainSocketAddress.of(path));
      Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw-rw-"));
      var owner = Files.getOwner(path);
      // "0" is looked up as a name and then taken as the number: no entry for root is needed.
      var root = path.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("0");
      var key = fileKey(path);
      var server =
          HttpServer.serve(
              "local api", listener, handler, channel -> mayWrite(channel, owner, root));
      return new LocalSocket(path, key, server);
    } catch (IOException | UnsupportedOperationException e) {
      listener.close();
      throw new IOException(path + " cannot be used: " + reason(e), e);
    }
  }

  /** Removes the socket of a process that is gone; anything else that is in the way stays. */
  private static void removeStale(Path path) throws IOException {
    if (!Files.exists(path)) {
      // A link that leads nowhere is in the way as well, and nobody's.
      if (Files.isSymbolicLink(path)) {
        Files.delete(path);
      }
      return;
    }
    if (!Files.readAttributes(path, BasicFileAttributes.class).isOther()) {
      throw new IOException("it exists and is not a socket");
    }
    try {
      SocketChannel.open(UnixDomainSocketAddress.of(path)).close();
    } catch (ConnectException e) {
      Files.delete(path);
      return;
    }
    throw new IOException("another process serves it");
  }

  private static String reason(Exception e) {
    return switch (e) {
      case java.nio.file.AccessDeniedException denied -> "permission denied";
      case java.nio.file.FileSystemException file when file.getReason() != null -> file.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }

  private static boolean mayWrite(SocketChannel channel, UserPrincipal owner, UserPrincipal root) {
    try {
      var user = channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
      return user.equals(owner) || user.equals(root);
    } catch (IOException | UnsupportedOperationException e) {
      LOG.log(DEBUG, "who connected is not known: {0}", e.getMessage());
      return false;
    }
  }

  private static @Nullable Object fileKey(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
  }

  /** Where it is. */
  Path path() {
    return path;
  }

  /** Stops serving and removes the file, unless another process has put its own there. */
  @Override
  public void close() {
    server.close();
    try {
      if (Files.exists(path) && Objects.equals(fileKey, fileKey(path))) {
        Files.delete(path);
      }
    } catch (IOException e) {
      LOG.log(DEBUG, "removing the command socket: {0}", e.getMessage());
    }
  }
}
