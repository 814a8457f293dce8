package org.tailjar.tailnet;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.tailjar.crypto.NodePublicKey;
import org.tailjar.headscale.AuthKey;
import org.tailjar.headscale.ControlListener;
import org.tailjar.headscale.Registration;

/** A server that says what a test wants it to say; it keeps what it was asked. */
final class ScriptedLink implements ControlLink {

  /** A registration that was asked for. */
  record Asked(NodePublicKey nodeKey, NodePublicKey oldNodeKey, boolean withKey) {}

  /** An answer, or a failure. */
  @FunctionalInterface
  interface Answer {
    Registration to(Asked asked) throws IOException;
  }

  static final Registration REGISTERED = new Registration.Registered(null, null);

  final List<Asked> asked = new CopyOnWriteArrayList<>();
  final List<String> logins = new CopyOnWriteArrayList<>();
  final List<NodePublicKey> polls = new CopyOnWriteArrayList<>();
  final List<NodePublicKey> logouts = new CopyOnWriteArrayList<>();

  volatile Answer onRegister = asked -> REGISTERED;
  volatile Answer onLogin = asked -> waitForEver();

  /** What a map stream does; without it, it stays up and tells nothing. */
  volatile Function<ControlListener, Boolean> onPoll = listener -> true;

  volatile @Nullable ControlListener listener;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final BlockingQueue<Runnable> told = new LinkedBlockingQueue<>();

  ScriptedLink connect(ControlListener to) {
    listener = to;
    return this;
  }

  /** Has the polling thread do this; when it is over, the stream is. */
  void endPollWith(Runnable last) {
    told.add(last);
  }

  static Registration waitForEver() throws InterruptedIOException {
    try {
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    throw new InterruptedIOException("waiting was interrupted");
  }

  @Override
  public Registration register(
      NodePublicKey nodeKey, NodePublicKey oldNodeKey, @Nullable AuthKey authKey)
      throws IOException {
    Asked request = new Asked(nodeKey, oldNodeKey, authKey != null);
    asked.add(request);
    return onRegister.to(request);
  }

  @Override
  public Registration awaitLogin(NodePublicKey nodeKey, NodePublicKey oldNodeKey, String authUrl)
      throws IOException {
    logins.add(authUrl);
    return onLogin.to(new Asked(nodeKey, oldNodeKey, false));
  }

  @Override
  public void poll(NodePublicKey nodeKey) {
    polls.add(nodeKey);
    if (!onPoll.apply(listener)) {
      return;
    }
    try {
      told.take().run();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void logout(NodePublicKey nodeKey) {
    logouts.add(nodeKey);
    // As Headscale does: the stream of the node ends before the answer.
    endPollWith(() -> listener.reRegister());
    while (!told.isEmpty()) {
      Thread.onSpinWait();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    told.add(() -> {});
  }
}
