package org.tailjar.headscale;

import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.ByteArrayInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.CryptoException;
import org.tailjar.crypto.MachinePrivateKey;
import org.tailjar.crypto.MachinePublicKey;
import org.tailjar.transport.Connection;
import org.tailjar.transport.Dialer;

/** One ts2021 connection to a control server: HTTP/2 inside Noise inside TCP or TLS. */
final class ControlConnection implements Closeable {

  /**
   * The capability version that is sent: at least 113, below which Headscale refuses, and below
   * 120, with which peers would expect relay messages of DISCO.
   */
  static final int CAPABILITY_VERSION = 119;

  private static final String PROTOCOL = "tailscale-control-protocol";

  private final Http2Connection http2;
  private final String authority;
  private final String path;

  private ControlConnection(Http2Connection http2, ServerUrl url) {
    this.http2 = http2;
    this.authority = url.authority();
    this.path = url.path();
  }

  /**
   * Fetches the key that the server publishes. Its truth is TLS's; over plain http it is trusted as
   * it comes.
   */
  static MachinePublicKey fetchServerKey(ServerUrl url, Dialer dialer, Duration timeout)
      throws IOException {
    try (Connection connection = dialer.dial(url.destination(), timeout)) {
      connection.readTimeout(timeout);
      Http1Response response =
          Http1Exchange.send(
              connection.in(),
              connection.out(),
              "GET",
              url.path() + "/key?v=" + CAPABILITY_VERSION,
              url.authority(),
              Map.of("Connection", "close", "Accept", "application/json"));
      if (response.status() / 100 == 3) {
        throw new ControlException(
            "%s redirects to %s; use that address as the server URL"
                .formatted(url, response.header("location")),
            response.status(),
            Duration.ZERO);
      }
      if (response.status() != 200) {
        throw new ControlException(
            "%s answered /key with status %d; is it a Headscale? %s"
                .formatted(url, response.status(), response.excerpt()),
            response.status(),
            RetryAfter.of(response.status(), response.header("retry-after")));
      }
      @Nullable MachinePublicKey key;
      try {
        key = WireJson.decode(ServerKeys.class, response.body()).publicKey();
      } catch (ControlException e) {
        throw new ControlException(url + " answered /key with no key; is it a Headscale?", e);
      }
      if (key == null || key.isZero()) {
        throw new ControlException(url + " answered /key with no key; is it a Headscale?");
      }
      return key;
    } catch (SocketTimeoutException e) {
      throw new ControlException(
          "%s did not answer /key within %d s".formatted(url, timeout.toSeconds()), e);
    } catch (SocketException e) {
      throw broken(url, e);
    }
  }

  /**
   * Connects, upgrades and shakes hands.
   *
   * @param timeout bounds each of the steps
   * @throws NoiseException if the server does not hold the key
   */
  static ControlConnection open(
      ServerUrl url,
      Dialer dialer,
      MachinePrivateKey machineKey,
      MachinePublicKey serverKey,
      Duration timeout)
      throws IOException {
    NoiseHandshake handshake;
    try {
      handshake = NoiseHandshake.begin(machineKey, serverKey, CAPABILITY_VERSION);
    } catch (CryptoException e) {
      throw new NoiseException("the server published a key that is no key", e);
    }
    Connection connection = dialer.dial(url.destination(), timeout);
    try {
      connection.readTimeout(timeout);
      Http1Response upgrade = upgrade(connection, url, handshake);
      InputStream in =
          new SequenceInputStream(new ByteArrayInputStream(upgrade.beyond()), connection.in());
      NoiseTransport noise = handshake.complete(readResponse(in, url));
      connection.readTimeout(Duration.ZERO);
      byte[] beyond = upgrade.beyond();
      int used = Math.min(beyond.length, NoiseHandshake.RESPONSE_LENGTH);
      byte[] rest = Arrays.copyOfRange(beyond, used, beyond.length);
      return new ControlConnection(
          new Http2Connection(new NoiseStream(connection, noise, rest), "control"), url);
    } catch (SocketTimeoutException e) {
      connection.close();
      throw new ControlException(
          "%s did not finish the control handshake within %d s".formatted(url, timeout.toSeconds()),
          e);
    } catch (SocketException e) {
      connection.close();
      throw broken(url, e);
    } catch (IOException | RuntimeException e) {
      connection.close();
      throw e;
    }
  }

  private static IOException broken(ServerUrl url, SocketException e) {
    return new IOException("the connection to %s broke: %s".formatted(url, e.getMessage()), e);
  }

  private static Http1Response upgrade(
      Connection connection, ServerUrl url, NoiseHandshake handshake) throws IOException {
    Http1Response response =
        Http1Exchange.send(
            connection.in(),
            connection.out(),
            "POST",
            url.path() + "/ts2021",
            url.authority(),
            Map.of(
                "Upgrade",
                PROTOCOL,
                "Connection",
                "upgrade",
                "Content-Length",
                "0",
                "X-Tailscale-Handshake",
                Base64.getEncoder().encodeToString(handshake.initiation())));
    if (response.status() != Http1Exchange.SWITCHING_PROTOCOLS
        || !PROTOCOL.equalsIgnoreCase(response.header("upgrade"))) {
      throw new ControlException(
          "%s answered the control upgrade with status %d; does a proxy before it strip Upgrade? %s"
              .formatted(url, response.status(), response.excerpt()),
          response.status(),
          RetryAfter.of(response.status(), response.header("retry-after")));
    }
    return response;
  }

  private static byte[] readResponse(InputStream in, ServerUrl url) throws IOException {
    byte[] header = readFully(in, NoiseHandshake.HEADER_LENGTH, url);
    int errorLength = NoiseHandshake.errorLength(header);
    if (errorLength >= 0) {
      byte[] text = in.readNBytes(Math.min(errorLength, 1000));
      throw new NoiseException(
          "%s refused the Noise handshake: %s".formatted(url, Http1Response.excerpt(text)));
    }
    byte[] rest = readFully(in, NoiseHandshake.RESPONSE_LENGTH - NoiseHandshake.HEADER_LENGTH, url);
    byte[] response = Arrays.copyOf(header, NoiseHandshake.RESPONSE_LENGTH);
    System.arraycopy(rest, 0, response, header.length, rest.length);
    return response;
  }

  private static byte[] readFully(InputStream in, int length, ServerUrl url) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException(url + " closed the connection during the Noise handshake");
    }
    return bytes;
  }

  /**
   * Posts JSON; the answer's body may go on for ever.
   *
   * @param endpoint what follows the server's path, as "/machine/map"
   * @param timeout how long to wait for the head of the answer
   */
  Http2Response post(String endpoint, byte[] json, Duration timeout) throws IOException {
    Http2Headers headers =
        new DefaultHttp2Headers()
            .method("POST")
            .scheme("https")
            .authority(authority)
            .path(path + endpoint)
            .set("content-type", "application/json")
            .set("user-agent", "tailjar");
    return http2.request(headers, json, timeout);
  }

  /** Answers a ping that has to come through this connection. */
  Http2Response head(String target, Duration timeout) throws IOException {
    Http2Headers headers =
        new DefaultHttp2Headers().method("HEAD").scheme("https").authority(authority).path(target);
    return http2.request(headers, new byte[0], timeout);
  }

  /** The error that an answer other than 200 is; its body is read and closed. */
  static ControlException refused(String what, Http2Response response, Duration timeout)
      throws IOException {
    response.readTimeout(timeout);
    byte[] body = response.body().readNBytes(1000);
    response.close();
    String text = Http1Response.excerpt(body);
    return new ControlException(
        "the server answered %s with status %d: %s"
            .formatted(what, response.status(), text.isEmpty() ? "no reason given" : text),
        response.status(),
        RetryAfter.of(response.status(), response.header("retry-after")));
  }

  boolean isUsable() {
    return http2.isUsable();
  }

  @Override
  public void close() {
    http2.close();
  }
}
