package org.tailjar.wireguard;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.lang.foreign.MemorySegment;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/** The keys of a session from their publication to their end, while another thread sends. */
final class KeyLifeStress {

  private KeyLifeStress() {}

  /** What a sender does, and what came of it. */
  private static final class Sender {
    private final MemorySegment memory = Sessions.memory();
    private String outcome = "nothing";

    void send(Peer peer) {
      Session session = peer.sending(Sessions.NOW);
      long counter = session == null ? Session.EXHAUSTED : session.reserve(1);
      if (session == null || counter == Session.EXHAUSTED) {
        return;
      }
      try {
        Sessions.seal(session, Sessions.context(), counter, memory);
        outcome = "sealed";
      } catch (IllegalStateException _) {
        outcome = "refused";
      }
    }

    /** The number of the key; any but those that there are is shown as 0. */
    String outcome() {
      return outcome.equals("sealed")
          ? "key " + Sessions.keyOf(memory, Sessions.context())
          : outcome;
    }
  }

  /** A session is seen whole or not at all. */
  @JCStressTest
  @Outcome(
      id = {"nothing", "key 1"},
      expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN, desc = "a session that is not whole")
  @State
  public static class Publication {
    private final Peer peer = Sessions.peer();
    private final Sender sender = new Sender();

    @Actor
    public void rx() {
      peer.current(Sessions.session(peer, 1));
    }

    @Actor
    public void tx() {
      sender.send(peer);
    }

    @Arbiter
    public void look(L_Result r) {
      r.r1 = sender.outcome();
    }
  }

  /** A key that is overwritten while a packet is sealed with it: the whole key or none. */
  @JCStressTest
  @Outcome(
      id = {"key 1", "refused"},
      expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN, desc = "sealed with a key that was overwritten, or by half")
  @State
  public static class Destruction {
    private final Peer peer = Sessions.peer();
    private final Session session = Sessions.session(peer, 1);
    private final Sender sender = new Sender();

    {
      peer.current(session);
    }

    @Actor
    public void rx() {
      session.destroySendKey();
    }

    @Actor
    public void tx() {
      sender.send(peer);
    }

    @Arbiter
    public void look(L_Result r) {
      r.r1 = sender.outcome();
    }
  }

  /**
   * A session is replaced twice, ended and overwritten, as fast as can be, while another thread
   * sends. Then it neither seals nor opens, and the newest is the one in use.
   */
  @JCStressTest
  @Outcome(
      id = {"key 1, ended", "key 2, ended", "key 3, ended", "nothing, ended", "refused, ended"},
      expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN, desc = "the old key was used when it was gone, or a wrong one")
  @State
  public static class Replacement {
    private final Peer peer = Sessions.peer();
    private final KeyPairs keyPairs = Sessions.keyPairs();
    private final Session old;
    private final Sender sender = new Sender();
    private final MemorySegment late = Sessions.memory();

    {
      old = session(1);
      Sessions.seal(old, Sessions.context(), old.reserve(1), late);
    }

    private Session session(int number) {
      Session session = Sessions.session(peer, number);
      peer.next(session);
      keyPairs.confirmed(session);
      return session;
    }

    @Actor
    public void rx() {
      session(2);
      session(3);
      keyPairs.destroyAllRetired();
    }

    @Actor
    public void tx() {
      sender.send(peer);
    }

    @Arbiter
    public void look(LL_Result r) {
      r.r1 = sender.outcome();
      boolean ended =
          old.reserve(1) == Session.EXHAUSTED
              && old.open(Sessions.context(), late, 0, Sessions.LENGTH, Sessions.NOW)
                  == Session.EXPIRED
              && peer.sending(Sessions.NOW) != old;
      r.r2 = ended ? "ended" : "in use";
    }
  }
}
