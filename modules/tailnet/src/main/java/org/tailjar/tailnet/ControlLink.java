package org.tailjar.tailnet;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.headscale.AuthKey;
import org.tailjar.headscale.ControlClient;
import org.tailjar.headscale.Registration;

/** What {@link Membership} asks of a {@link ControlClient}, with the same meaning. */
interface ControlLink extends AutoCloseable {

  /** One attempt to register. */
  Registration register(NodePublicKey nodeKey, NodePublicKey oldNodeKey, @Nullable AuthKey authKey)
      throws IOException;

  /** Waits for a person to log in at the URL. */
  Registration awaitLogin(NodePublicKey nodeKey, NodePublicKey oldNodeKey, String authUrl)
      throws IOException;

  /** Follows the map stream until the node has to register again, or the link is closed. */
  void poll(NodePublicKey nodeKey);

  /** Expires the node key at the server. */
  void logout(NodePublicKey nodeKey) throws IOException;

  @Override
  void close();

  /** The link that a client is. */
  static ControlLink of(ControlClient client) {
    return new ControlLink() {
      @Override
      public Registration register(
          NodePublicKey nodeKey, NodePublicKey oldNodeKey, @Nullable AuthKey authKey)
          throws IOException {
        return client.register(nodeKey, oldNodeKey, authKey);
      }

      @Override
      public Registration awaitLogin(
          NodePublicKey nodeKey, NodePublicKey oldNodeKey, String authUrl) throws IOException {
        return client.awaitLogin(nodeKey, oldNodeKey, authUrl);
      }

      @Override
      public void poll(NodePublicKey nodeKey) {
        client.poll(nodeKey);
      }

      @Override
      public void logout(NodePublicKey nodeKey) throws IOException {
        client.logout(nodeKey);
      }

      @Override
      public void close() {
        client.close();
      }
    };
  }
}
