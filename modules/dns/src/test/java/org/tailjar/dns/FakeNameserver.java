package org.tailjar.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** A nameserver that says the same address for every name that it knows. */
final class FakeNameserver implements AutoCloseable {

  private final DatagramSocket datagrams;
  private final ServerSocket streams;
  private final byte[] address;
  private final List<String> questions = new CopyOnWriteArrayList<>();
  private volatile Predicate<String> known = name -> true;
  private volatile int code;
  private volatile int copies = 1;
  private volatile boolean forge;

  private FakeNameserver(DatagramSocket datagrams, ServerSocket streams, byte[] address) {
    this.datagrams = datagrams;
    this.streams = streams;
    this.address = address;
  }

  static FakeNameserver start(byte[] address) {
    InetAddress loopback = InetAddress.ofLiteral("127.0.0.1");
    while (true) {
      try {
        DatagramSocket datagrams = new DatagramSocket(new InetSocketAddress(loopback, 0));
        try {
          ServerSocket streams = new ServerSocket(datagrams.getLocalPort(), 10, loopback);
          FakeNameserver server = new FakeNameserver(datagrams, streams, address);
          Thread.ofVirtual().start(server::datagrams);
          Thread.ofVirtual().start(server::streams);
          return server;
        } catch (IOException e) {
          datagrams.close(); // the port is taken there
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  Nameserver address() {
    return new Nameserver((InetSocketAddress) datagrams.getLocalSocketAddress());
  }

  List<String> questions() {
    return List.copyOf(questions);
  }

  void knows(Predicate<String> names) {
    known = names;
  }

  void code(int errorCode) {
    code = errorCode;
  }

  void copies(int count) {
    copies = count;
  }

  /** Sends an answer to something else ahead of the next answer. */
  void forgeFirst() {
    forge = true;
  }

  private byte[] response(byte[] query) {
    try {
      String name = Question.parse(query).name();
      questions.add(name);
      byte[][] addresses = new byte[code != 0 || !known.test(name) ? 0 : copies][];
      Arrays.fill(addresses, address);
      return Queries.response(query, code != 0 ? code : known.test(name) ? 0 : 3, addresses);
    } catch (Question.MalformedException e) {
      throw new AssertionError(e);
    }
  }

  private void datagrams() {
    byte[] buffer = new byte[4096];
    while (!datagrams.isClosed()) {
      try {
        DatagramPacket packet = new DatagramPacket(buffer, buffer.length);
        datagrams.receive(packet);
        byte[] response = response(Arrays.copyOf(buffer, packet.getLength()));
        if (forge) {
          forge = false;
          byte[] forged = response.clone();
          forged[1] ^= 1;
          forged[forged.length - 1] = 66;
          send(forged, packet);
        }
        send(response, packet);
      } catch (IOException e) {
        // closed, or a client that is gone
      }
    }
  }

  private void send(byte[] response, DatagramPacket to) throws IOException {
    datagrams.send(new DatagramPacket(response, response.length, to.getSocketAddress()));
  }

  private void streams() {
    while (!streams.isClosed()) {
      try (Socket client = streams.accept()) {
        byte[] query = DnsStream.read(new DataInputStream(client.getInputStream()), 4096);
        DnsStream.write(new DataOutputStream(client.getOutputStream()), response(query));
      } catch (IOException e) {
        // closed, or a client that is gone
      }
    }
  }

  @Override
  public void close() throws IOException {
    datagrams.close();
    streams.close();
  }
}
