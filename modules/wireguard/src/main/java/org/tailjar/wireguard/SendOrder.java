package org.tailjar.wireguard;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * Keeps threads that send on one session near each other. Each takes a range of counters, seals a
 * batch with them and sends it; one that the system holds up in between would find that the others
 * have sent so much meanwhile that the peer takes its messages for replayed: what is farther behind
 * the greatest counter than the peer's window is dropped. So a thread waits before it sends what
 * would leave another one's counters behind.
 *
 * <p>The rule: a thread with a batch that ends at counter {@code last} waits while another has
 * taken lesser counters than its own and not sent them, the least of which is more than {@link
 * #MOST_AHEAD} before {@code last}. Hence when a message is given to the kernel, none that was not
 * is more than that many counters behind it: what another thread holds either is near, or is above
 * the whole batch, whose counters lie together. And nobody waits for ever: the thread with the
 * least counters waits for none, and those that wait hold their counters, so they cannot wait in a
 * circle.
 *
 * <p>Each thread has a number, and uses this for one batch after the other: {@link #reserve},
 * {@link #mustWait} until it need not, {@link #sent}.
 */
public final class SendOrder {

  /**
   * Most that a thread is ahead of another. WireGuard's windows hold 8192 messages or somewhat less
   * (paper 5.4.6; Linux, wireguard-go), the smallest in use 1024 (boringtun); what is left is for
   * the network, which reorders too.
   */
  static final int MOST_AHEAD = 768;

  /** Nothing is taken. As an unsigned number no counter is as great. */
  private static final long NONE = -1;

  /** Each thread's number has cache lines of its own. */
  private static final int SPACING = 16;

  private static final VarHandle LEAST = MethodHandles.arrayElementVarHandle(long[].class);

  private final Session session;
  private final int senders;

  /** The least counter that each thread has taken and not sent, or a lesser one. */
  private final long[] least;

  SendOrder(Session session, int senders) {
    this.session = session;
    this.senders = senders;
    least = new long[(senders + 1) * SPACING];
    for (int sender = 0; sender < senders; sender++) {
      least[index(sender)] = NONE;
    }
  }

  private static int index(int sender) {
    return (sender + 1) * SPACING;
  }

  /**
   * As {@link Session#reserve}; what it gives is to be sent, or given up, before {@link #sent}.
   *
   * @param sender number of the thread, from 0
   */
  public long reserve(int sender, int n) {
    // Before the counters are taken: who takes some behind them must not miss that.
    LEAST.setRelease(least, index(sender), session.nextCounter());
    long first = session.reserve(n);
    LEAST.setRelease(least, index(sender), first == Session.EXHAUSTED ? NONE : first);
    return first;
  }

  /**
   * Whether this thread must not send yet what it has taken.
   *
   * @param last of the counters that it is about to send
   */
  public boolean mustWait(int sender, long last) {
    long own = least[index(sender)];
    for (int other = 0; other < senders; other++) {
      long its = (long) LEAST.getAcquire(least, index(other));
      if (its != NONE
          && Long.compareUnsigned(its, own) < 0
          && Long.compareUnsigned(last - its, MOST_AHEAD) > 0) {
        return true;
      }
    }
    return false;
  }

  /** This thread has sent all that it had taken. */
  public void sent(int sender) {
    LEAST.setRelease(least, index(sender), NONE);
  }
}
