package org.tailjar.tailnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.dns.ResolvConfFile;
import org.tailjar.headscale.ControlException;
import org.tailjar.headscale.MapResponse;
import org.tailjar.headscale.NetworkMap;
import org.tailjar.headscale.ServerUrl;
import org.tailjar.headscale.WireJson;
import org.tailjar.magicsock.LocalPaths;
import org.tailjar.packet.ForwardingDevice;
import org.tailjar.packet.InMemoryDevice;
import org.tailjar.packet.SuperPacket;

@Timeout(180)
class AttachmentTests {

  /** A device whose reader does not come back until it is let go. */
  private static final class HeldDevice extends ForwardingDevice {

    private final CountDownLatch held = new CountDownLatch(1);
    private final CountDownLatch letGo = new CountDownLatch(1);
    private final AtomicInteger readers = new AtomicInteger();
    private final AtomicInteger mostReaders = new AtomicInteger();

    HeldDevice() {
      super(new InMemoryDevice("test", 1280));
    }

    @Override
    public boolean read(SuperPacket into) throws IOException {
      mostReaders.accumulateAndGet(readers.incrementAndGet(), Math::max);
      held.countDown();
      try {
        letGo.await();
      } catch (InterruptedException e) {
        throw new IOException(e);
      } finally {
        readers.decrementAndGet();
      }
      return super.read(into);
    }
  }

  private final HeldDevice device = new HeldDevice();
  private final List<NodePrivateKey> opened = new ArrayList<>();
  private final Outbound outbound =
      Outbound.open(
          NodeConfig.builder(URI.create("http://127.0.0.1:9")).udpPort(0).build(),
          ServerUrl.parse("http://127.0.0.1:9"),
          DiscoPrivateKey.generate(),
          Optional.empty());
  private final Attachment attachment =
      attachment(
          (on, key, local, failure) -> {
            synchronized (opened) {
              opened.add(key);
            }
            return outbound.packetPath(on, key, local, failure);
          },
          SystemDns.unused());

  private Attachment attachment(Attachment.PathOpener paths, SystemDns dns) {
    return new Attachment(
        "test",
        () -> new PacketInterface.InMemory(device),
        paths,
        false,
        dns,
        new Attachment.Observer() {
          @Override
          public void localPaths(LocalPaths local) {}

          @Override
          public void networkChanged() {}
        });
  }

  @AfterEach
  void close() {
    device.letGo.countDown();
    attachment.close(Deadline.in(Duration.ofSeconds(5)));
  }

  private int paths() {
    synchronized (opened) {
      return opened.size();
    }
  }

  @Test
  void aNewNodeKeyWaitsForTheOldThreadsToLeaveTheDevice() throws Exception {
    attachment.open(NodePrivateKey.generate());
    device.held.await();

    attachment.rekey(NodePrivateKey.generate());
    assertThat(attachment.works()).isFalse();
    assertThat(paths()).isEqualTo(1);

    device.letGo.countDown();
    Await.until(attachment::works);
    assertThat(paths()).isEqualTo(2);
    assertThat(device.mostReaders).hasValue(1);
  }

  @Test
  void aThreadThatDoesNotEndDoesNotHoldUpTheClose() throws Exception {
    attachment.open(NodePrivateKey.generate());
    device.held.await();

    attachment.close(Deadline.in(Duration.ofMillis(200)));

    assertThat(device.readers).as("threads that are still there").hasValue(1);
  }

  private static NetworkMap mapWithPeers(
      NodePublicKey self, NodePublicKey immortal, NodePublicKey mortal, Instant expiry)
      throws ControlException {
    String json =
        """
        {"Node": {"ID": 1, "Name": "a.", "Key": "%s", "Addresses": ["100.64.0.1/32"]},
         "Peers": [
           {"ID": 2, "Name": "b.", "Key": "%s", "HomeDERP": 1, "KeyExpiry": "%s",
            "Addresses": ["100.64.0.2/32"]},
           {"ID": 3, "Name": "c.", "Key": "%s", "HomeDERP": 1, "Addresses": ["100.64.0.3/32"]}]}
        """
            .formatted(self, mortal, expiry, immortal);
    return NetworkMap.of(
        WireJson.decode(MapResponse.class, json.getBytes(StandardCharsets.UTF_8)), Instant.now());
  }

  @Test
  void aPeerIsGoneWhenItsKeyExpiresThoughTheServerSaysNothing() throws Exception {
    device.letGo.countDown();
    attachment.open(NodePrivateKey.generate());
    NodePublicKey mortal = NodePrivateKey.generate().publicKey();
    NodePublicKey immortal = NodePrivateKey.generate().publicKey();
    NodePublicKey self = NodePrivateKey.generate().publicKey();
    attachment.apply(mapWithPeers(self, immortal, mortal, Instant.now().plusSeconds(3600)));
    PacketPath path = attachment.path();
    Await.until(() -> path.way(mortal).isPresent());
    // However slow this machine is, the peer was there.
    Instant expiry = Instant.now().plusMillis(1500);
    attachment.apply(mapWithPeers(self, immortal, mortal, expiry));
    Await.until(() -> path.way(mortal).isEmpty());
    assertThat(Instant.now()).isAfterOrEqualTo(expiry);
    assertThat(path.way(immortal)).isPresent();
  }

  @Test
  void whileARepairFailsTheSystemHasItsOwnNameservers(@TempDir Path directory) throws Exception {
    device.letGo.countDown();
    Path file = Files.writeString(directory.resolve("resolv.conf"), "nameserver 192.0.2.53\n");
    AtomicBoolean refused = new AtomicBoolean();
    AtomicReference<Consumer<Throwable>> failing = new AtomicReference<>();
    Attachment repaired =
        attachment(
            (on, key, local, failure) -> {
              if (refused.get()) {
                throw new IOException("refused");
              }
              failing.set(failure);
              return outbound.packetPath(on, key, local, failure);
            },
            new SystemDns(new ResolvConfFile(file, null), true, Set.of()));
    try {
      repaired.open(NodePrivateKey.generate());
      repaired.apply(
          DnsTranslationTests.map("\"Addresses\": [\"127.0.0.2/32\"]", "{\"Proxied\": true}"));
      assertThat(Files.readString(file)).contains("nameserver 100.100.100.100\n");

      refused.set(true);
      failing.get().accept(new IOException("gone"));
      Await.until(() -> content(file).equals("nameserver 192.0.2.53\n"));
      refused.set(false);
      Await.until(() -> content(file).contains("nameserver 100.100.100.100\n"));
    } finally {
      repaired.close(Deadline.in(Duration.ofSeconds(5)));
    }
    assertThat(content(file)).isEqualTo("nameserver 192.0.2.53\n");
  }

  private static String content(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void afterTheCloseNothingIsMadeAnyMore() throws Exception {
    device.letGo.countDown();
    attachment.open(NodePrivateKey.generate());
    attachment.close(Deadline.in(Duration.ofSeconds(5)));

    attachment.rekey(NodePrivateKey.generate());

    assertThat(paths()).isEqualTo(1);
    assertThat(attachment.path()).isNull();
  }
}
