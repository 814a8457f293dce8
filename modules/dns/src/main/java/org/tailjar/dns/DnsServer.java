package org.tailjar.dns;

import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers questions over UDP and TCP, by {@link MagicDns}. It listens on ports that the kernel
 * chooses, at addresses of this node; that questions to the well-known addresses come there is the
 * packet path's work. Questions from anywhere else are dropped: peers do not get answers here.
 */
public final class DnsServer implements AutoCloseable {

  /** Questions that wait for others at one time; more are dropped, and asked again. */
  private static final int MOST_FORWARDED = 256;

  private final Answering answering = new Answering(new Upstream(), MOST_FORWARDED);
  private final List<DnsListener> listeners = new ArrayList<>();

  private DnsServer() {}

  /**
   * Where the server listens in one family.
   *
   * @param own the address of this node
   * @param service the address that clients send to
   * @param udpPort the port of the socket for datagrams
   * @param tcpPort the port of the socket for streams
   */
  public record Endpoint(InetAddress own, InetAddress service, int udpPort, int tcpPort) {}

  /**
   * An address to listen at.
   *
   * @param own the address of this node
   * @param service the address that clients send to, of the same family
   */
  public record Address(InetAddress own, InetAddress service) {}

  /**
   * Starts to listen; answers by {@link MagicDns#EMPTY} at first. An address that the system does
   * not have, such as IPv6 that is switched off, is passed over when another one is there.
   *
   * @throws IOException when it cannot listen at any of the addresses
   */
  public static DnsServer open(List<Address> addresses) throws IOException {
    DnsServer server = new DnsServer();
    IOException failure = new IOException("there is no address to listen at");
    for (Address address : addresses) {
      try {
        server.listeners.add(DnsListener.open(address.own(), address.service(), server.answering));
      } catch (IOException e) {
        failure = e;
      }
    }
    if (server.listeners.isEmpty()) {
      throw failure;
    }
    return server;
  }

  /** Answers by this from the next question on. */
  public void answerBy(MagicDns magicDns) {
    answering.answerBy(magicDns);
  }

  /** Where it listens. */
  public List<Endpoint> endpoints() {
    return listeners.stream().map(DnsListener::endpoint).toList();
  }

  @Override
  public void close() {
    listeners.forEach(DnsListener::close);
  }
}
