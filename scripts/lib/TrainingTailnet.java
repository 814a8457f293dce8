import java.io.ByteArrayInputStream;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.tailjar.packet.Checksum;
import org.tailjar.packet.InMemoryDevice;
import org.tailjar.packet.SuperPacket;
import org.tailjar.tailnet.AuthKeySource;
import org.tailjar.tailnet.NodeConfig;
import org.tailjar.tailnet.NodeStatus;
import org.tailjar.tailnet.Secret;
import org.tailjar.tailnet.Tailnet;
import org.tailjar.tailnet.TailnetNode;
import org.tailjar.testkit.AuthKeyOptions;
import org.tailjar.testkit.Datagram;
import org.tailjar.testkit.TestTailnet;

/**
 * What the training run of the AOT cache joins: {@code TrainingTailnet.java KEYSTORE PASSWORD
 * CERTIFICATE}.
 *
 * <p>A tailnet on loopback with TLS, and a node in it. Prints the environment of a further node;
 * when that has come up, sends it packets until it has sent enough of them back, then as many more
 * as a transfer has, and prints {@code trained}. Ends when it is killed.
 */
final class TrainingTailnet {

  private static final int PACKETS = 4000;
  private static final int BURST = 40;
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final int BULK = 40_000;
  private static final int SUPER_PACKETS = 8;
  private static final int SEGMENTS = 40;
  private static final int SEGMENT = 1240;
  private static final int PORT = 4000;
  private static final int SHORT = 72;
  private static final int LONG = 1152;

  private TrainingTailnet() {}

  public static void main(String[] arguments) throws Exception {
    char[] password = arguments[1].toCharArray();
    TestTailnet tailnet =
        TestTailnet.builder().tls(context(Path.of(arguments[0]), password)).start();
    System.out.println("TAILSCALE_SERVER_URL=" + tailnet.url());
    System.out.println("TAILSCALE_KEY=" + tailnet.control().newAuthKey(AuthKeyOptions.REUSABLE));

    InMemoryDevice device = new InMemoryDevice("training0", NodeConfig.DEFAULT_MTU);
    Secret key = Secret.of(tailnet.control().newAuthKey(AuthKeyOptions.ONCE));
    NodeConfig config =
        NodeConfig.builder(tailnet.url())
            .authKey(AuthKeySource.of(key))
            .hostname("partner")
            .caFile(Path.of(arguments[2]))
            .udpPort(0)
            .build();
    try (TailnetNode node = Tailnet.open(config, device)) {
      node.start();
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      int returned = 0;
      while (returned < PACKETS) {
        if (System.nanoTime() > deadline) {
          System.err.println(returned + " of " + PACKETS + " packets came back: " + node.status());
          System.exit(1);
        }
        send(node.status(), device);
        while (device.take(PAUSE) != null) {
          returned++;
        }
      }
      transfer(node.status(), device);
      System.out.println("trained");
      Thread.currentThread().join();
    }
  }

  /**
   * TCP as a transfer at full speed has it, by super-packets, which come back as such: what a node
   * does then is different from what it does with single packets.
   */
  private static void transfer(NodeStatus status, InMemoryDevice device)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    List<InetAddress> own = status.self().orElseThrow().machine().addresses();
    NodeStatus.Peer peer = status.peers().getFirst();
    int returned = 0;
    for (int sequence = 0; returned < BULK; ) {
      if (System.nanoTime() > deadline) {
        // On a slow machine: the cache is made all the same, and less of it is of transfers.
        System.err.println(returned + " of " + BULK + " packets of the transfer came back");
        return;
      }
      for (int i = 0; i < SUPER_PACKETS; i++, sequence += SEGMENTS * SEGMENT) {
        device.inject(
            superPacket(own.getFirst(), peer.machine().addresses().getFirst(), sequence),
            SuperPacket.Offload.TCP,
            SEGMENT,
            20,
            16);
      }
      while (returned < BULK && device.take(PAUSE) != null) {
        returned++;
      }
    }
  }

  /** Of IPv4; the checksum of TCP is for who splits it. */
  private static byte[] superPacket(InetAddress from, InetAddress to, int sequence) {
    int length = 40 + SEGMENTS * SEGMENT;
    ByteBuffer packet = ByteBuffer.allocate(length);
    packet.putShort((short) 0x4500).putShort((short) length).putInt(0x4000);
    packet.put((byte) 64).put((byte) 6).putShort((short) 0);
    packet.put(from.getAddress()).put(to.getAddress());
    packet.putShort((short) PORT).putShort((short) PORT).putInt(sequence).putInt(0);
    packet.putShort((short) 0x5010).putShort((short) 500);
    packet.putShort(10, (short) Checksum.of(MemorySegment.ofArray(packet.array()), 0, 20));
    return packet.array();
  }

  private static SSLContext context(Path file, char[] password) throws Exception {
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(new ByteArrayInputStream(Files.readAllBytes(file)), password);
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, password);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  /** A burst of packets to every peer, both IP versions in turn. */
  private static void send(NodeStatus status, InMemoryDevice device) {
    Optional<NodeStatus.Self> self = status.self();
    if (self.isEmpty()) {
      return;
    }
    List<InetAddress> own = self.get().machine().addresses();
    for (NodeStatus.Peer peer : status.peers()) {
      List<InetAddress> theirs = peer.machine().addresses();
      for (int i = 0; i < Math.min(own.size(), theirs.size()); i++) {
        for (int n = 0; n < BURST; n++) {
          device.inject(
              new Datagram(
                      new InetSocketAddress(own.get(i), PORT),
                      new InetSocketAddress(theirs.get(i), PORT),
                      new byte[n % 4 == 0 ? SHORT : LONG])
                  .packet());
        }
      }
    }
  }
}
