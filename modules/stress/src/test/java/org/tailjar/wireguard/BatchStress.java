package org.tailjar.wireguard;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.function.Function;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** Batches of messages and the end of their keys. */
final class BatchStress {

  private BatchStress() {}

  /**
   * A session is ended and its key overwritten while a batch is sealed whose counters it handed
   * out. What is sealed is sealed with the whole key; of a batch that is refused, and never sent,
   * the rest is as it was, or zeros where OpenSSL was at work with the key.
   */
  @JCStressTest
  @Outcome(
      id = {"sealed", "refused"},
      expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN, desc = "sealed with a key that was overwritten, or by half")
  @State
  public static class Sealing {
    private final Session session = Sessions.fresh();
    private final MessageBatch batch = new MessageBatch();
    private String outcome = "";

    {
      batch.reserve(session);
    }

    @Actor
    public void rx() {
      session.close();
      session.destroySendKey();
    }

    @Actor
    public void tx() {
      try {
        batch.seal(session);
        outcome = "sealed";
      } catch (IllegalStateException _) {
        outcome = "refused";
      }
    }

    @Arbiter
    public void look(L_Result r) {
      int sealed = batch.sealedBy(1);
      int unsealed = batch.plain() + batch.zeros();
      boolean whole =
          sealed + unsealed == MessageBatch.COUNT && (unsealed == 0 || outcome.equals("refused"));
      r.r1 = whole ? outcome : outcome + ": " + sealed + " by the key, " + unsealed + " not sealed";
    }
  }

  /** A session is ended while a batch for it is opened; another batch comes after its end. */
  private static final class OpeningAtTheEnd {
    private final Session session = Sessions.fresh();
    private final MessageBatch batch;
    private final MessageBatch late;
    private String outcome = "";

    OpeningAtTheEnd(Function<Session, MessageBatch> messages) {
      batch = messages.apply(session);
      late = messages.apply(session);
    }

    void open() {
      outcome = batch.open(session);
    }

    void end() {
      session.close();
    }

    String outcome() {
      return outcome + ", late " + late.open(session);
    }
  }

  /** The session's own messages: a batch of them comes out whole or not. */
  @JCStressTest
  @Outcome(
      id = {"opened 5, late opened 0", "opened 0, late opened 0", "refused, late opened 0"},
      expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN, desc = "opened by half, to something else, or after the end")
  @State
  public static class Opening {
    private final OpeningAtTheEnd race = new OpeningAtTheEnd(MessageBatch::sealedWith);

    @Actor
    public void rx() {
      race.open();
    }

    @Actor
    public void end() {
      race.end();
    }

    @Arbiter
    public void look(L_Result r) {
      r.r1 = race.outcome();
    }
  }

  /**
   * What an overwritten key, and one that is overwritten by half, would let in: messages sealed
   * with zeros, which anybody can make.
   */
  @JCStressTest
  @Outcome(
      id = {"opened 0, late opened 0", "refused, late opened 0"},
      expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN, desc = "opened with what is left of a key")
  @State
  public static class Remains {
    private final OpeningAtTheEnd race = new OpeningAtTheEnd(MessageBatch::forged);

    @Actor
    public void rx() {
      race.open();
    }

    @Actor
    public void end() {
      race.end();
    }

    @Arbiter
    public void look(L_Result r) {
      r.r1 = race.outcome();
    }
  }
}
