package org.tailjar.dns;

import io.netty.handler.codec.dns.DnsResponseCode;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;

/** From a message to its response, here or by others. Safe for use by several threads. */
final class Answering {

  private final Upstream upstream;
  private final Semaphore forwarded;
  private volatile MagicDns magicDns = MagicDns.EMPTY;

  Answering(Upstream upstream, int mostForwarded) {
    this.upstream = upstream;
    forwarded = new Semaphore(mostForwarded);
  }

  void answerBy(MagicDns magic) {
    magicDns = magic;
  }

  /**
   * Answers a datagram: at once, or on a thread of its own when others are asked.
   *
   * @param reply given the response, unless there is none
   */
  void datagram(byte[] message, Consumer<byte[]> reply) {
    if (!isQuery(message)) {
      return;
    }
    Question question;
    try {
      question = Question.parse(message);
    } catch (Question.MalformedException e) {
      reply.accept(Responses.malformed(message, e.code()));
      return;
    }
    switch (magicDns.decide(question)) {
      case MagicDns.Decision.Answer(var response) ->
          reply.accept(Responses.forUdp(question, response));
      case MagicDns.Decision.Forward forward -> {
        if (forwarded.tryAcquire()) {
          Thread.ofVirtual().name("dns-forward").start(() -> forward(question, forward, reply));
        }
      }
    }
  }

  private void forward(Question question, MagicDns.Decision.Forward to, Consumer<byte[]> reply) {
    try {
      reply.accept(Responses.forUdp(question, asked(question, to, false)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      forwarded.release();
    }
  }

  /** Answers a message of a stream; empty when there is no response. */
  Optional<byte[]> message(byte[] message) throws InterruptedException {
    if (!isQuery(message)) {
      return Optional.empty();
    }
    Question question;
    try {
      question = Question.parse(message);
    } catch (Question.MalformedException e) {
      return Optional.of(Responses.malformed(message, e.code()));
    }
    return switch (magicDns.decide(question)) {
      case MagicDns.Decision.Answer(var response) -> Optional.of(response);
      case MagicDns.Decision.Forward forward -> {
        forwarded.acquire();
        try {
          yield Optional.of(asked(question, forward, true));
        } finally {
          forwarded.release();
        }
      }
    };
  }

  private static boolean isQuery(byte[] message) {
    return message.length >= Question.HEADER && (message[2] & Question.RESPONSE) == 0;
  }

  private byte[] asked(Question question, MagicDns.Decision.Forward to, boolean tcp)
      throws InterruptedException {
    Optional<byte[]> response = upstream.ask(question, to.servers(), tcp);
    boolean unknown = response.isEmpty() || Responses.code(response.get()) != 0;
    if (unknown && to.otherwise().isPresent()) {
      return to.otherwise().get().response();
    }
    return response.orElseGet(() -> Responses.empty(question, DnsResponseCode.SERVFAIL));
  }
}
