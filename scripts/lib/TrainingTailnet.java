import java.io.ByteArrayInputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.tailjar.packet.InMemoryDevice;
import org.tailjar.tailnet.AuthKeySource;
import org.tailjar.tailnet.NodeConfig;
import org.tailjar.tailnet.NodeStatus;
import org.tailjar.tailnet.Secret;
import org.tailjar.tailnet.Tailnet;
import org.tailjar.tailnet.TailnetNode;
import org.tailjar.testkit.AuthKeyOptions;
import org.tailjar.testkit.TestTailnet;

/**
 * What the training run of the AOT cache joins: {@code TrainingTailnet.java KEYSTORE PASSWORD
 * CERTIFICATE}.
 *
 * <p>A tailnet on loopback with TLS, and a node in it. Prints the environment of a further node;
 * when that has come up, sends it packets until it has sent enough of them back, and prints {@code
 * trained}. Ends when it is killed.
 */
final class TrainingTailnet {

  private static final int PACKETS = 4000;
  private static final int BURST = 40;
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final Duration PAUSE = Duration.ofMillis(50);
  private static final byte UDP = 17;

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
      System.out.println("trained");
      Thread.currentThread().join();
    }
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
              udp(own.get(i).getAddress(), theirs.get(i).getAddress(), n % 4 == 0 ? 100 : 1200));
        }
      }
    }
  }

  private static byte[] udp(byte[] from, byte[] to, int length) {
    ByteBuffer packet = ByteBuffer.allocate(length);
    if (from.length == 4) {
      packet
          .putShort((short) 0x4500)
          .putShort((short) length)
          .putInt(0)
          .put((byte) 64)
          .put(UDP)
          .putShort((short) 0)
          .put(from)
          .put(to);
      packet.putShort(10, (short) ~sum(packet, 0, 20, 0));
    } else {
      packet
          .putInt(0x60000000)
          .putShort((short) (length - 40))
          .put(UDP)
          .put((byte) 64)
          .put(from)
          .put(to);
    }
    int transport = packet.position();
    packet.putShort((short) 4000).putShort((short) 4000).putShort((short) (length - transport));
    packet.putShort((short) 0).put("training".getBytes(StandardCharsets.US_ASCII));
    int pseudo = UDP + length - transport;
    int addresses = transport - from.length - to.length;
    packet.putShort(transport + 6, (short) ~sum(packet, addresses, length, pseudo));
    return packet.array();
  }

  private static int sum(ByteBuffer bytes, int from, int to, int start) {
    int sum = start;
    for (int i = from; i < to; i += 2) {
      sum += Short.toUnsignedInt(bytes.getShort(i));
    }
    while (sum >>> 16 != 0) {
      sum = (sum & 0xFFFF) + (sum >>> 16);
    }
    return sum;
  }
}
