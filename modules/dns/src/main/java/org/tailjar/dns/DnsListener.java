package org.tailjar.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.LockSupport;

/** The sockets at one address, with a virtual thread for each of them and for each connection. */
final class DnsListener implements AutoCloseable {

  private static final Logger LOG = System.getLogger("org.tailjar.dns");

  /** A question of one name with its options is far shorter. */
  private static final int MAX_QUERY = 4096;

  private static final int MOST_CONNECTIONS = 64;
  private static final int IDLE_MILLIS = 10_000;
  private static final long PAUSE_NANOS = 200_000_000;

  private final InetAddress own;
  private final InetAddress service;
  private final Answering answering;
  private final DatagramSocket datagrams;
  private final ServerSocket streams;
  private final Semaphore free = new Semaphore(MOST_CONNECTIONS);
  private final Set<Socket> connections = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  private DnsListener(
      InetAddress own,
      InetAddress service,
      Answering answering,
      DatagramSocket datagrams,
      ServerSocket streams) {
    this.own = own;
    this.service = service;
    this.answering = answering;
    this.datagrams = datagrams;
    this.streams = streams;
  }

  /** Binds both sockets and starts. */
  static DnsListener open(InetAddress own, InetAddress service, Answering answering)
      throws IOException {
    DatagramSocket datagrams = new DatagramSocket(new InetSocketAddress(own, 0));
    try {
      ServerSocket streams = new ServerSocket(0, MOST_CONNECTIONS, own);
      DnsListener listener = new DnsListener(own, service, answering, datagrams, streams);
      Thread.ofVirtual().name("dns-udp").start(listener::receive);
      Thread.ofVirtual().name("dns-tcp").start(listener::accept);
      return listener;
    } catch (IOException e) {
      datagrams.close();
      throw e;
    }
  }

  DnsServer.Endpoint endpoint() {
    return new DnsServer.Endpoint(own, service, datagrams.getLocalPort(), streams.getLocalPort());
  }

  private void receive() {
    byte[] buffer = new byte[MAX_QUERY];
    DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
    while (!closed) {
      try {
        packet.setLength(buffer.length);
        datagrams.receive(packet);
        if (service.equals(packet.getAddress())) {
          SocketAddress client = packet.getSocketAddress();
          byte[] message = Arrays.copyOf(buffer, packet.getLength());
          answering.datagram(message, response -> send(response, client));
        }
      } catch (IOException e) {
        if (datagrams.isClosed()) {
          return;
        }
        LOG.log(Level.DEBUG, "a datagram", e); // an ICMP error of an earlier one
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "a question could not be answered", e);
      }
    }
  }

  private void send(byte[] response, SocketAddress client) {
    try {
      datagrams.send(new DatagramPacket(response, response.length, client));
    } catch (IOException e) {
      LOG.log(Level.DEBUG, "an answer was not sent", e);
    }
  }

  private void accept() {
    while (!closed) {
      try {
        Socket connection = streams.accept();
        if (!service.equals(connection.getInetAddress()) || !free.tryAcquire()) {
          connection.close();
          continue;
        }
        connections.add(connection);
        Thread.ofVirtual().name("dns-connection").start(() -> serve(connection));
      } catch (IOException e) {
        if (streams.isClosed()) {
          return;
        }
        LOG.log(Level.DEBUG, "a connection", e);
        // Too many open files, for one: the next would fail at once, too.
        LockSupport.parkNanos(PAUSE_NANOS);
      }
    }
  }

  private void serve(Socket connection) {
    try (connection) {
      connection.setSoTimeout(IDLE_MILLIS);
      DataInputStream in = new DataInputStream(connection.getInputStream());
      DataOutputStream out = new DataOutputStream(connection.getOutputStream());
      while (!closed) {
        Optional<byte[]> response = answering.message(DnsStream.read(in, MAX_QUERY));
        if (response.isEmpty()) {
          return;
        }
        DnsStream.write(out, response.get());
      }
    } catch (IOException e) {
      LOG.log(Level.TRACE, "a connection ended", e); // mostly since the client has its answer
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      LOG.log(Level.WARNING, "a question could not be answered", e);
    } finally {
      connections.remove(connection);
      free.release();
    }
  }

  @Override
  public void close() {
    closed = true;
    datagrams.close();
    closeQuietly(streams);
    connections.forEach(DnsListener::closeQuietly);
  }

  private static void closeQuietly(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      LOG.log(Level.DEBUG, "close", e);
    }
  }
}
