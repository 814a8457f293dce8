package org.tailjar.tailnet;

import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.module.ModuleDescriptor;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.Aead;
import org.tailjar.crypto.DiscoPrivateKey;
import org.tailjar.crypto.NodePrivateKey;
import org.tailjar.crypto.PacketCiphers;
import org.tailjar.derp.DerpConfig;
import org.tailjar.derp.DerpConnections;
import org.tailjar.headscale.ControlClient;
import org.tailjar.headscale.ControlConfig;
import org.tailjar.headscale.ControlListener;
import org.tailjar.headscale.Hostinfo;
import org.tailjar.headscale.ServerUrl;
import org.tailjar.linux.UdpOffloads;
import org.tailjar.magicsock.LocalPaths;
import org.tailjar.magicsock.Magicsock;
import org.tailjar.magicsock.MagicsockConfig;
import org.tailjar.packet.PacketDevice;
import org.tailjar.transport.Dialer;
import org.tailjar.transport.Proxy;
import org.tailjar.transport.SocketMarker;

/**
 * Makes everything that talks to the outside: the control client, and the sockets of the packet
 * path.
 */
final class Outbound {

  /** As the build wrote it into the module's descriptor. */
  private static final String VERSION =
      Optional.ofNullable(Outbound.class.getModule().getDescriptor())
          .flatMap(ModuleDescriptor::rawVersion)
          .orElse("unversioned");

  private static final Logger LOG = System.getLogger("org.tailjar.tailnet");

  private final NodeConfig config;
  private final ServerUrl server;
  private final DiscoPrivateKey discoKey;

  private final Optional<DiscoPrivateKey> formerDiscoKey;
  private final Dialer dialer;

  /** Tried while the interface is made: each takes some 50 ms of a start. */
  private final CompletableFuture<Aead> cipher =
      CompletableFuture.supplyAsync(
          PacketCiphers::choose, Thread.ofVirtual().name("cipher")::start);

  private Outbound(
      NodeConfig config,
      ServerUrl server,
      DiscoPrivateKey discoKey,
      Optional<DiscoPrivateKey> formerDiscoKey,
      Dialer dialer) {
    this.config = config;
    this.server = server;
    this.discoKey = discoKey;
    this.formerDiscoKey = formerDiscoKey;
    this.dialer = dialer;
  }

  /**
   * Reads the authorities and begins to look for a cipher.
   *
   * @param discoKey what the server is told of
   * @param formerDiscoKey of the life before, which peers know until the server has told them
   * @throws StartException when the file of authorities is of no use
   */
  static Outbound open(
      NodeConfig config,
      ServerUrl server,
      DiscoPrivateKey discoKey,
      Optional<DiscoPrivateKey> formerDiscoKey) {
    Dialer.Builder dialer =
        Dialer.builder()
            .marker(SocketMarker.BYPASS)
            .extraAuthorities(config.caFile().orElse(null))
            .proxies(config.proxies());
    if (config.proxies().choose(server.destination()) instanceof Proxy.Http proxy) {
      LOG.log(Level.INFO, "{0} is reached through the proxy {1}", server, proxy);
    }
    if (server.isPlainHttpToPublicAddress()) {
      LOG.log(
          Level.WARNING,
          "{0} is plain http to a public address: anybody on the way can take its place, and with"
              + " it the auth key; use https",
          server);
    }
    try {
      return new Outbound(config, server, discoKey, formerDiscoKey, dialer.build());
    } catch (IOException e) {
      throw new StartException(
          new StartFailure.CaFileUnusable(
              config.caFile().orElseThrow(), String.valueOf(e.getMessage())),
          e);
    }
  }

  /** What this node says of itself. */
  Hostinfo hostinfo() {
    return Hostinfo.of(config.hostname()).withVersion(VERSION);
  }

  ControlClient controlClient(NodeIdentity identity, ControlListener listener) {
    return new ControlClient(
        new ControlConfig(
            server, dialer, identity.machineKey(), hostinfo(), discoKey.publicKey(), VERSION),
        listener);
  }

  PacketPath packetPath(
      PacketDevice device,
      NodePrivateKey nodeKey,
      Consumer<LocalPaths> onLocalPaths,
      Consumer<Throwable> onFailure)
      throws IOException {
    Aead aead = cipher(); // before there is a socket
    DerpConfig.@Nullable PlainHttpServer plainHttp =
        server.secure() ? null : new DerpConfig.PlainHttpServer(server.host(), server.port());
    DerpConfig relays = new DerpConfig(nodeKey, dialer, plainHttp);
    Magicsock magicsock =
        Magicsock.open(
            new MagicsockConfig(
                    config.udpPort(),
                    MagicsockConfig.BYPASS_MARK,
                    new UdpOffloads(
                        !config.withoutOffloads().contains(Offload.UDP_GSO),
                        !config.withoutOffloads().contains(Offload.UDP_GRO)),
                    config.interfaceName(),
                    nodeKey.publicKey(),
                    discoKey,
                    formerDiscoKey,
                    (input, listener) -> new DerpConnections(relays, input, listener))
                .withQueues(PacketThreads.eachWay()),
            onLocalPaths::accept);
    return new PacketPath(device, magicsock, nodeKey, aead, config.acceptRoutes(), onFailure);
  }

  private Aead cipher() {
    try {
      return cipher.join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }
}
