package org.tailjar.launcher;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.tailjar.tailnet.AuthKeySource;
import org.tailjar.tailnet.Secret;

/** An auth key in a file, read each time it is needed: it may have been replaced since. */
record KeyFile(Path path) implements AuthKeySource {
  /** A key is far shorter; more than this is some other file. */
  private static final int LARGEST = 4096;

  @Override
  public Optional<Secret> read() throws IOException {
    byte[] bytes;
    try (var in = Files.newInputStream(path)) {
      bytes = in.readNBytes(LARGEST + 1);
    } catch (NoSuchFileException e) {
      throw new IOException(path + " does not exist", e);
    } catch (AccessDeniedException e) {
      throw new IOException(path + " may not be read by this user", e);
    } catch (IOException e) {
      throw new IOException(path + " cannot be read: " + e.getMessage(), e);
    }
    if (bytes.length > LARGEST) {
      throw new IOException(path + " is too large to be an auth key");
    }
    var text = new String(bytes, StandardCharsets.UTF_8).strip();
    if (text.isEmpty()) {
      throw new IOException(path + " is empty");
    }
    if (!Values.isKey(text)) {
      throw new IOException(path + " holds more than one auth key");
    }
    return Optional.of(Secret.of(text));
  }
}
