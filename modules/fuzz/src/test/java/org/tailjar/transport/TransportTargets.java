package org.tailjar.transport;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tailjar.fuzz.FuzzTarget;

/** The file of certificate authorities, the variables that name a proxy, and what it answers. */
public final class TransportTargets {

  private static final String SECRET = "Xq7Zw9Kv";
  private static final Path FILE = file();

  private TransportTargets() {}

  /** The targets. */
  public static List<FuzzTarget> all() {
    return List.of(
        new FuzzTarget("ca-file", TransportTargets::seeds, TransportTargets::read),
        new FuzzTarget("proxy-variables", TransportTargets::proxySeeds, TransportTargets::proxies),
        new FuzzTarget("proxy-answer", TransportTargets::answerSeeds, TransportTargets::answer));
  }

  private static Path file() {
    try {
      Path file = Files.createTempFile("tailjar-fuzz", ".pem");
      file.toFile().deleteOnExit();
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<byte[]> seeds() {
    String body = Base64.getMimeEncoder().encodeToString(new byte[] {48, 6, 48, 1, 2, 1, 0, 5, 0});
    return Stream.of(
            "-----BEGIN CERTIFICATE-----\n" + body + "\n-----END CERTIFICATE-----\n",
            "-----BEGIN PKCS7-----\n" + body + "\n-----END PKCS7-----\n",
            "0\u0003\u0002\u0001\u0000")
        .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
        .toList();
  }

  private static List<byte[]> proxySeeds() {
    return Stream.of(
            "http://proxy.example:3128\nhttps://[fd00::1]/\n.example.com,10.0.0.0/8,*",
            "u%40:p@10.0.0.1:80\nproxy\n[::1]:443, hs.example:8443,fd00::/8",
            "socks5://x\nhttp://:0\n,,")
        .map(text -> text.getBytes(StandardCharsets.UTF_8))
        .toList();
  }

  /** A line for each variable. What is refused is said in one line that does not show it. */
  private static void proxies(byte[] bytes) {
    if (knowsTheSecret(bytes)) {
      return;
    }
    String[] lines = new String(bytes, StandardCharsets.UTF_8).replace("\0", "").split("\n", 3);
    Map<String, String> environment = new HashMap<>();
    List<String> names = List.of("HTTPS_PROXY", "http_proxy", "NO_PROXY");
    for (int i = 0; i < lines.length; i++) {
      environment.put(names.get(i), i == 2 ? lines[i] : lines[i].replace("@", ":" + SECRET + "@"));
    }
    try {
      ProxyRules rules = ProxyRules.of(environment);
      String shown = rules + " ";
      for (String host : List.of("hs.example", "10.1.2.3", "fd00::9", "localhost")) {
        shown += rules.choose(Destination.plain(host, 8443)) + " ";
        shown += rules.choose(Destination.tls(host, 443));
      }
      check(!shown.contains(SECRET), "the password is shown");
    } catch (IllegalArgumentException e) {
      String message = String.valueOf(e.getMessage());
      check(message.chars().noneMatch(Character::isISOControl), "a message of several lines");
      check(!message.contains(SECRET), "the password is shown");
    }
  }

  /** Jazzer learns it from comparisons and puts it where it is no secret. */
  private static boolean knowsTheSecret(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1).replace("\0", "").contains(SECRET);
  }

  private static List<byte[]> answerSeeds() {
    return Stream.of(
            "HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\nbeyond",
            "HTTP/1.0 407 No\r\nProxy-Authenticate: Basic\r\n\r\n",
            "HTTP/1.1 502 Bad Gateway\r\n\r\n",
            "SSH-2.0-x\r\n")
        .map(text -> text.getBytes(StandardCharsets.ISO_8859_1))
        .toList();
  }

  private static void answer(byte[] bytes) throws IOException {
    if (knowsTheSecret(bytes)) {
      return;
    }
    ByteArrayInputStream in = new ByteArrayInputStream(bytes);
    Proxy.Http proxy =
        new Proxy.Http("proxy", 80, false, Optional.of(new Proxy.Credentials("u", SECRET)));
    try (Socket scripted = new ScriptedSocket(in)) {
      ProxyTunnel.open(scripted, proxy, Destination.plain("hs.example", 443));
    } catch (DialException e) {
      String message = String.valueOf(e.getMessage());
      check(message.chars().noneMatch(Character::isISOControl), "a message of several lines");
      check(!message.contains(SECRET), "the password is shown");
    }
    check(bytes.length - in.available() <= ProxyTunnel.MAX_HEAD_LENGTH + 1, "a long head");
  }

  /** What a proxy said before it was asked. */
  private static final class ScriptedSocket extends Socket {
    private final InputStream in;

    ScriptedSocket(InputStream in) {
      this.in = in;
    }

    @Override
    public InputStream getInputStream() {
      return in;
    }

    @Override
    public OutputStream getOutputStream() {
      return OutputStream.nullOutputStream();
    }
  }

  private static void check(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }

  private static void read(byte[] bytes) throws IOException {
    Files.write(FILE, bytes);
    try {
      TrustedAuthorities.with(FILE).verifying();
    } catch (IOException e) {
      String message = String.valueOf(e.getMessage());
      if (message.chars().anyMatch(Character::isISOControl)) {
        throw new AssertionError("a message of several lines", e);
      }
    }
  }
}
