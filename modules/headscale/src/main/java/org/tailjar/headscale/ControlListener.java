package org.tailjar.headscale;

/**
 * What a {@link ControlClient} tells while it polls, on the polling thread: return soon, throw
 * nothing.
 */
public interface ControlListener {

  /** The network map changed, or is the first of a new stream. */
  void networkMap(NetworkMap map);

  /** The map stream works: its first message is here. */
  void connected();

  /**
   * The map stream ended or could not begin; it is tried again by itself.
   *
   * @param reason one sentence; the same again while nothing changes
   */
  void lost(String reason);

  /**
   * The server does not know the node key, or not from this machine: the node was deleted, or the
   * server is another one. Or the key has expired, as the last map says. Polling has ended;
   * register again.
   */
  void reRegister();

  /**
   * The server asks to show a page to the user.
   *
   * @param url its address
   */
  default void openUrl(String url) {}
}
