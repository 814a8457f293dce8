package org.tailjar.wireguard;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/** Two RX threads with the same session, as when a peer's path changes to a relay and back. */
final class ReceiversStress {

  private ReceiversStress() {}

  /** Both were given the same messages: each is opened once, by one of them. */
  @JCStressTest
  @Outcome(
      id = {"opened 5, opened 0", "opened 0, opened 5"},
      expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN, desc = "a message was opened twice, by half or by neither")
  @State
  public static class SameMessages {
    private final Session session = Sessions.fresh();
    private final MessageBatch one = MessageBatch.sealedWith(session);
    private final MessageBatch other = one.copy();

    @Actor
    public void first(LL_Result r) {
      r.r1 = one.open(session);
    }

    @Actor
    public void second(LL_Result r) {
      r.r2 = other.open(session);
    }
  }
}
