package org.tailjar.launcher;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import org.tailjar.dns.DnsName;
import org.tailjar.dns.DnsNames;
import org.tailjar.dns.DnsServer;
import org.tailjar.dns.MagicDns;
import org.tailjar.dns.Nameserver;
import org.tailjar.dns.ResolvConfFile;

/**
 * Look-ups for the run that the AOT cache is made from, on loopback: the node of that run has no
 * part in the names of the system.
 */
final class DnsTraining {

  private static final InetAddress LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final DnsName HERE = new DnsName("web.example");
  private static final DnsName ELSEWHERE = new DnsName("www.example");
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int MAX_ANSWER = 1500;

  private DnsTraining() {}

  /** One name that is answered by the server, and one that another is asked for. */
  static void run() throws IOException {
    DnsServer.Address address = new DnsServer.Address(LOOPBACK, LOOPBACK);
    try (DnsServer server = DnsServer.open(List.of(address));
        DnsServer other = DnsServer.open(List.of(address))) {
      int otherPort = other.endpoints().getFirst().udpPort();
      Nameserver asked = new Nameserver(new InetSocketAddress(LOOPBACK, otherPort));
      other.answerBy(new MagicDns(names(ELSEWHERE).build(), List.of()));
      server.answerBy(
          new MagicDns(
              names(HERE).route(DnsName.ROOT, List.of(asked)).searchDomain(HERE).build(),
              List.of()));
      for (DnsName name : List.of(HERE, ELSEWHERE, HERE.parent())) {
        overUdp(server, query(name));
      }
      overTcp(server, query(HERE));
    }
    Path directory = Files.createTempDirectory("training");
    Path file = Files.writeString(directory.resolve("resolv.conf"), "nameserver 127.0.0.11\n");
    ResolvConfFile resolvConf = new ResolvConfFile(file, directory.resolve("kept"));
    resolvConf.recover();
    resolvConf.serve(LOOPBACK, List.of(HERE));
    resolvConf.restore();
    Files.delete(file);
    Files.delete(directory);
  }

  private static DnsNames.Builder names(DnsName host) {
    return DnsNames.builder().host(host, List.of(LOOPBACK)).reverse(LOOPBACK, host);
  }

  private static byte[] query(DnsName name) {
    ByteBuffer query = ByteBuffer.allocate(512);
    query.put(HexFormat.of().parseHex("000101000001000000000000"));
    for (String label : name.text().split("\\.")) {
      query.put((byte) label.length()).put(label.getBytes(StandardCharsets.US_ASCII));
    }
    query.put((byte) 0).putShort((short) 1).putShort((short) 1);
    byte[] message = new byte[query.position()];
    query.get(0, message);
    return message;
  }

  private static void overUdp(DnsServer server, byte[] query) throws IOException {
    try (DatagramSocket client = new DatagramSocket(new InetSocketAddress(LOOPBACK, 0))) {
      client.setSoTimeout(TIMEOUT_MILLIS);
      client.connect(LOOPBACK, server.endpoints().getFirst().udpPort());
      client.send(new DatagramPacket(query, query.length));
      client.receive(new DatagramPacket(new byte[MAX_ANSWER], MAX_ANSWER));
    }
  }

  private static void overTcp(DnsServer server, byte[] query) throws IOException {
    try (Socket client = new Socket(LOOPBACK, server.endpoints().getFirst().tcpPort())) {
      client.setSoTimeout(TIMEOUT_MILLIS);
      ByteBuffer framed = ByteBuffer.allocate(2 + query.length);
      client.getOutputStream().write(framed.putShort((short) query.length).put(query).array());
      DataInputStream in = new DataInputStream(client.getInputStream());
      in.readFully(new byte[in.readUnsignedShort()]);
    }
  }
}
