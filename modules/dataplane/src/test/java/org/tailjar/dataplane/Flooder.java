package org.tailjar.dataplane;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Blake2s;
import org.tailjar.crypto.CryptoException;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.crypto.PacketCiphers;
import org.tailjar.crypto.XChaCha20Poly1305;
import org.tailjar.wireguard.Output;
import org.tailjar.wireguard.Peer;
import org.tailjar.wireguard.Timings;
import org.tailjar.wireguard.WireGuard;

/**
 * Sends WireGuard initiations from many addresses at a set rate; run by {@link Flood} in a network
 * namespace. Arguments: the victim's public key in hex, its address, its UDP port, the port of the
 * control, a file with the private keys of peers of the victim.
 *
 * <p>On standard input {@code prepare KIND} makes the messages of a round and is answered {@code
 * prepared}; {@code send KIND RATE} sends them until the next line; that is answered with {@code
 * sent COUNT MILLISECONDS COOKIES}. With a third word they are sent to a port where nobody reads.
 */
final class Flooder {

  /** What is sent. */
  enum Kind {
    /** Nothing. */
    QUIET,
    /** With a first MAC that is not one. */
    FORGED,
    /** From strangers who know the victim's public key. */
    STRANGERS,
    /** The same, with the cookies that the victim gives to each source. */
    STRANGERS_WITH_COOKIES,
    /** Genuine ones of peers, which the victim has accepted before. */
    REPLAYED,
    /** New ones of peers, all of them valid. */
    PEERS,
    /** The same, with the cookies that the victim gives to each source. */
    PEERS_WITH_COOKIES;

    private boolean presentsCookies() {
      return this == STRANGERS_WITH_COOKIES || this == PEERS_WITH_COOKIES;
    }
  }

  /** Addresses 10.66.0.1 and on. */
  static final int SOURCES = 1024;

  private static final int MAC1_AT = 116;
  private static final int MAC2_AT = 132;
  private static final int LENGTH = 148;
  private static final int COOKIE_REPLY_LENGTH = 64;

  /** Messages in one round, each of which is sent as often as it takes to fill its time. */
  private static final int FRESH = 2048;

  /** Different messages in a second: more than any victim takes. */
  private static final int FRESH_PER_SECOND = 400;

  private static final Timings TIMINGS =
      new Timings(
          Duration.ofSeconds(2),
          Duration.ofSeconds(3),
          Duration.ofSeconds(90),
          Duration.ofSeconds(1),
          Duration.ZERO,
          Duration.ofSeconds(10),
          Duration.ofSeconds(120));

  /** A socket on an address of its own, and the cookie that the victim gave to it. */
  private static final class Source {
    private final DatagramChannel channel;
    private byte @Nullable [] lastMac1;
    private byte @Nullable [] cookie;

    private Source(InetAddress address) throws IOException {
      channel = DatagramChannel.open();
      channel.bind(new InetSocketAddress(address, 0));
      channel.configureBlocking(false);
    }
  }

  /** Keeps the message that WireGuard wants sent. */
  private static final class Capture implements Output {
    private byte[] message = {};

    @Override
    public void send(Peer peer, byte[] sent, org.tailjar.packet.@Nullable Path replyTo) {
      message = sent;
    }

    @Override
    public void reply(org.tailjar.packet.Path path, byte[] sent) {}

    @Override
    public void established(Peer peer) {}
  }

  private final NodePublicKey victim;
  private final byte[] cookieKey;
  private final InetSocketAddress target;
  private final InetSocketAddress control;
  private final List<WireGuard> peers = new ArrayList<>();
  private final List<WireGuard> strangers = new ArrayList<>();
  private final Source[] sources = new Source[SOURCES];
  private final ByteBuffer out = ByteBuffer.allocateDirect(LENGTH);
  private final ByteBuffer in = ByteBuffer.allocateDirect(2048);
  private final SecureRandom random = new SecureRandom();
  private byte[][] messages = {};
  private byte[] @Nullable [] genuine;
  private Instant wall = Instant.now();
  private long ticks;
  private long cookies;

  private Flooder(String[] arguments) throws IOException {
    victim = NodePublicKey.of(HexFormat.of().parseHex(arguments[0]));
    cookieKey = Blake2s.hash("cookie--".getBytes(StandardCharsets.US_ASCII), victim.bytes());
    InetAddress address = InetAddress.ofLiteral(arguments[1]);
    target = new InetSocketAddress(address, Integer.parseInt(arguments[2]));
    control = new InetSocketAddress(address, Integer.parseInt(arguments[3]));
    for (String line : Files.readAllLines(Path.of(arguments[4]))) {
      peers.add(end(NodePrivateKey.parse("privkey:" + line)));
      strangers.add(end(NodePrivateKey.generate()));
    }
    for (int i = 0; i < SOURCES; i++) {
      int host = i + 1;
      sources[i] = new Source(InetAddress.ofLiteral("10.66." + (host >> 8) + "." + (host & 255)));
    }
  }

  static void main(String[] arguments) throws IOException {
    BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
    Flooder flooder = new Flooder(arguments);
    System.out.println("ready");
    String line = lines.readLine();
    while (line != null) {
      String[] words = line.split(" ");
      Kind kind = Kind.valueOf(words[1]);
      if (words[0].equals("prepare")) {
        flooder.prepare(kind);
        System.out.println("prepared");
      } else {
        flooder.send(kind, Integer.parseInt(words[2]), words.length > 3, lines);
      }
      line = lines.readLine();
    }
  }

  private WireGuard end(NodePrivateKey key) {
    WireGuard end = new WireGuard(key, PacketCiphers.byName("jce"), TIMINGS, () -> wall, random);
    end.add(victim, null);
    return end;
  }

  private byte[] initiation(WireGuard end) {
    Capture capture = new Capture();
    ticks += Duration.ofSeconds(100).toNanos();
    Peer peer = end.peer(victim);
    if (peer == null) {
      throw new IllegalStateException("the victim is no peer");
    }
    // Time goes by for a retry; the time stamps go by the wall clock, which follows.
    end.initiate(peer, ticks, capture);
    if (capture.message.length != LENGTH) {
      end.advance(ticks, capture);
    }
    return capture.message;
  }

  private void prepare(Kind kind) {
    wall = Instant.now();
    List<WireGuard> senders =
        switch (kind) {
          case QUIET -> List.of();
          case FORGED, STRANGERS, STRANGERS_WITH_COOKIES -> strangers;
          case REPLAYED, PEERS, PEERS_WITH_COOKIES -> peers;
        };
    byte[][] made = new byte[senders.isEmpty() ? 0 : FRESH][];
    for (int i = 0; i < made.length; i++) {
      if (i % senders.size() == 0) {
        wall = wall.plusMillis(17); // the granularity of the time stamps
      }
      made[i] = initiation(senders.get(i % senders.size()));
      if (kind == Kind.FORGED) {
        made[i][MAC1_AT] ^= 1;
      }
    }
    messages = made;
    if (senders == peers && genuine == null) {
      genuine = made;
    } else if (kind == Kind.REPLAYED && genuine != null) {
      messages = genuine; // of the first round: the victim has accepted later ones
    }
  }

  private void send(Kind kind, int rate, boolean unread, BufferedReader lines) throws IOException {
    long start = System.nanoTime();
    long sent = 0;
    cookies = 0;
    for (Source source : sources) {
      source.cookie = unread ? new byte[Blake2s.MAC_LENGTH] : null; // so that it costs the same
      drain(source);
    }
    InetSocketAddress to = unread ? control : target;
    while (!lines.ready()) {
      long now = System.nanoTime() - start;
      long due = messages.length == 0 ? 0 : (long) (now / 1e9 * rate);
      while (sent < due) {
        int message = (int) (now / 1e9 * FRESH_PER_SECOND) % messages.length;
        send(messages[message], sources[(int) (sent % SOURCES)], to, kind.presentsCookies());
        sent++;
      }
      LockSupport.parkNanos(500_000);
    }
    lines.readLine();
    System.out.println(
        "sent " + sent + " " + (System.nanoTime() - start) / 1_000_000 + " " + cookies);
  }

  private void send(byte[] message, Source source, InetSocketAddress to, boolean withCookie)
      throws IOException {
    if (withCookie && source.cookie == null) {
      receiveCookie(source);
    }
    byte[] cookie = source.cookie;
    out.clear().put(message);
    if (withCookie && cookie != null) {
      byte[] mac2 = Blake2s.mac16(cookie, Arrays.copyOf(message, MAC2_AT));
      out.put(MAC2_AT, mac2);
    } else {
      source.lastMac1 = Arrays.copyOfRange(message, MAC1_AT, MAC2_AT);
    }
    out.flip();
    source.channel.send(out, to);
  }

  private void drain(Source source) throws IOException {
    in.clear();
    while (source.channel.receive(in) != null) {
      in.clear();
    }
  }

  private void receiveCookie(Source source) throws IOException {
    in.clear().order(ByteOrder.LITTLE_ENDIAN);
    byte[] mac1 = source.lastMac1;
    if (mac1 == null
        || source.channel.receive(in) == null
        || in.flip().remaining() != COOKIE_REPLY_LENGTH) {
      return;
    }
    byte[] nonce = new byte[XChaCha20Poly1305.NONCE_LENGTH];
    byte[] sealed = new byte[COOKIE_REPLY_LENGTH - 8 - nonce.length];
    in.position(8).get(nonce).get(sealed);
    try {
      source.cookie = XChaCha20Poly1305.open(cookieKey, nonce, sealed, mac1);
      cookies++;
    } catch (CryptoException _) {
      source.cookie = null; // it answered a message before the last
    }
  }
}
