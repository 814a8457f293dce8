package org.tailjar.wireguard;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import java.util.Arrays;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJ_Result;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.openjdk.jcstress.infra.results.L_Result;

/** The send counter: no number is handed out twice, and none beyond the limit. */
final class CounterStress {

  private CounterStress() {}

  /** Two threads that take ranges. */
  @JCStressTest
  @Outcome(
      id = {"0, 3", "2, 0"},
      expect = ACCEPTABLE,
      desc = "one range after the other")
  @Outcome(expect = FORBIDDEN, desc = "a counter was handed out twice, or lost")
  @State
  public static class TwoSenders {
    private final Session session = Sessions.fresh();

    @Actor
    public void data(JJ_Result r) {
      r.r1 = session.reserve(3);
    }

    @Actor
    public void keepalive(JJ_Result r) {
      r.r2 = session.reserve(2);
    }
  }

  /** As many as ever seal on one session: data, keepalives and the confirmation of a handshake. */
  @JCStressTest
  @Outcome(id = "each once", expect = ACCEPTABLE)
  @Outcome(expect = FORBIDDEN, desc = "a counter was handed out twice, or lost")
  @State
  public static class ThreeSenders {
    private final Session session = Sessions.fresh();
    private long first;
    private long second;
    private long third;

    @Actor
    public void one() {
      first = session.reserve(1);
    }

    @Actor
    public void two() {
      second = session.reserve(1);
    }

    @Actor
    public void three() {
      third = session.reserve(1);
    }

    @Arbiter
    public void look(L_Result r) {
      long[] sorted = {first, second, third};
      Arrays.sort(sorted);
      r.r1 = Arrays.equals(sorted, new long[] {0, 1, 2}) ? "each once" : Arrays.toString(sorted);
    }
  }

  /** Three counters are left, and each of two threads wants two: one gets them. */
  @JCStressTest
  @Outcome(
      id = {"0, -1", "-1, 0"},
      expect = ACCEPTABLE,
      desc = "one of them")
  @Outcome(expect = FORBIDDEN, desc = "both, none, or beyond the limit")
  @State
  public static class TheLastCounters {
    private static final long FIRST = Session.REJECT_AFTER_MESSAGES - 3;
    private final Session session = Sessions.fresh();

    {
      session.sendCounter.set(FIRST);
    }

    @Actor
    public void one(JJ_Result r) {
      r.r1 = ordinal(session.reserve(2));
    }

    @Actor
    public void two(JJ_Result r) {
      r.r2 = ordinal(session.reserve(2));
    }

    private static long ordinal(long counter) {
      return counter == Session.EXHAUSTED ? -1 : counter - FIRST;
    }
  }

  /** A session that ends hands out nothing more. */
  @JCStressTest
  @Outcome(
      id = {"0, -1", "-1, -1"},
      expect = ACCEPTABLE,
      desc = "before the end or not at all")
  @Outcome(expect = FORBIDDEN, desc = "a counter after the end")
  @State
  public static class TheEnd {
    private final Session session = Sessions.fresh();

    @Actor
    public void send(JJ_Result r) {
      r.r1 = session.reserve(1);
    }

    @Actor
    public void end() {
      session.close();
    }

    @Arbiter
    public void sendAgain(JJ_Result r) {
      r.r2 = session.reserve(1);
    }
  }

  /** Who takes counters behind those of another thread sees that it has not sent them. */
  @JCStressTest
  @Outcome(id = "0, wait", expect = ACCEPTABLE, desc = "behind the other")
  @Outcome(id = "2000, go", expect = ACCEPTABLE, desc = "before the other")
  @Outcome(expect = FORBIDDEN, desc = "the other is outrun, or waited for in vain")
  @State
  public static class TwoInOrder {
    private final SendOrder order = Sessions.fresh().sendOrder(2);

    @Actor
    public void held(LL_Result r) {
      r.r1 = order.reserve(0, 1);
    }

    @Actor
    public void ahead(LL_Result r) {
      long last = order.reserve(1, 2000) + 1999;
      r.r2 = order.mustWait(1, last) ? "wait" : "go";
    }
  }
}
