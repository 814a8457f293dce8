package org.tailjar.launcher;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.tailjar.tailnet.NodeStatus;
import org.tailjar.tailnet.TailnetNode;

/**
 * What {@code watch-ipn-bus} tells one client: the state of the node and the URL to log in, at once
 * where the client asks for that, then whenever they change. For one thread.
 */
final class IpnBus implements HttpReply.Stream {
  // The bits of the mask (ipn.NotifyWatchOpt) that this node has an answer to.
  private static final long INITIAL_STATE = 1 << 1;
  private static final long INITIAL_PREFS = 1 << 2;
  private static final long INITIAL_STATUS = 1 << 14;

  private static final Duration INTERVAL = Duration.ofMillis(250);

  private static final byte[] NOTHING = new byte[0];

  private final TailnetNode node;
  private NodeStatus.State state;
  private Optional<URI> url;

  private IpnBus(TailnetNode node, NodeStatus status) {
    this.node = node;
    this.state = status.state();
    this.url = status.authUrl();
  }

  /** The answer to a client that watches with this mask. */
  static HttpReply watch(TailnetNode node, Configuration configuration, long mask) {
    var status = node.status();
    boolean withState = (mask & INITIAL_STATE) != 0;
    var first =
        new NotifyDocument(
            Version.TEXT,
            UUID.randomUUID().toString(),
            withState ? number(status.state()) : null,
            withState ? text(status.authUrl()) : null,
            (mask & INITIAL_PREFS) != 0 ? Documents.prefs(configuration, status) : null,
            (mask & INITIAL_STATUS) != 0 ? Documents.status(node, true) : null);
    return HttpReply.stream(line(first), new IpnBus(node, status));
  }

  @Override
  public byte[] next() throws InterruptedException {
    Thread.sleep(INTERVAL);
    var status = node.status();
    if (status.state() == state && status.authUrl().equals(url)) {
      return NOTHING;
    }
    state = status.state();
    url = status.authUrl();
    return line(new NotifyDocument(Version.TEXT, null, number(state), text(url), null, null));
  }

  private static byte[] line(NotifyDocument document) {
    return (Documents.NOTIFY.toJson(document) + "\n").getBytes(StandardCharsets.UTF_8);
  }

  private static @Nullable String text(Optional<URI> url) {
    return url.map(URI::toString).orElse(null);
  }

  /** The number that the incumbent has for a state (ipn.State). */
  private static int number(NodeStatus.State state) {
    return switch (state) {
      case NO_STATE -> 0;
      case NEEDS_LOGIN -> 2;
      case STOPPED -> 4;
      case STARTING -> 5;
      case RUNNING -> 6;
    };
  }
}
