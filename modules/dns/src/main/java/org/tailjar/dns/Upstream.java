package org.tailjar.dns;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Asks other nameservers: the next one when one fails or takes its time, and the first definite
 * answer wins.
 *
 * <p>Against forged answers (RFC 5452) each question to each server has a socket, hence a port, and
 * a number of its own; the socket is connected, and the answer must repeat the question.
 */
final class Upstream {

  /** Until the next server is asked as well. */
  private static final Duration STAGGER = Duration.ofMillis(800);

  /** Until a datagram is sent once more. */
  private static final Duration RESEND = Duration.ofMillis(1600);

  /** Less than the 5 s after which the C library asks again. */
  private static final Duration LONGEST = Duration.ofMillis(4800);

  private static final int MAX_DATAGRAM = 65_535;
  private static final int MAX_ANSWER = 4096;

  private final SecureRandom random = new SecureRandom();
  private final Duration stagger;
  private final Duration longest;

  Upstream() {
    this(STAGGER, LONGEST);
  }

  Upstream(Duration stagger, Duration longest) {
    this.stagger = stagger;
    this.longest = longest;
  }

  /** What one server said; empty: it failed. */
  private record Result(Optional<byte[]> message) {}

  /**
   * Asks these servers.
   *
   * @return the first definite answer, under the number of the question; else what some server said
   *     instead; else empty
   * @throws InterruptedException when the thread is interrupted meanwhile
   */
  Optional<byte[]> ask(Question question, List<Nameserver> servers, boolean tcp)
      throws InterruptedException {
    BlockingQueue<Result> results = new LinkedBlockingQueue<>();
    List<Attempt> attempts = new ArrayList<>();
    Optional<byte[]> failure = Optional.empty();
    long deadline = System.nanoTime() + longest.toNanos();
    long nextStart = System.nanoTime();
    int running = 0;
    try {
      while (true) {
        long now = System.nanoTime();
        boolean more = attempts.size() < servers.size();
        if (now - deadline >= 0 || !more && running == 0) {
          return failure;
        }
        if (more && now - nextStart >= 0) {
          Attempt attempt =
              new Attempt(question, servers.get(attempts.size()), random.nextInt(0x10000), results);
          attempts.add(attempt);
          running++;
          nextStart = now + stagger.toNanos();
          Thread.ofVirtual().name("dns-upstream").start(tcp ? attempt::tcp : attempt::udp);
          continue;
        }
        long until = more && nextStart - deadline < 0 ? nextStart : deadline;
        Result result = results.poll(until - now, TimeUnit.NANOSECONDS);
        if (result == null) {
          continue;
        }
        running--;
        nextStart = System.nanoTime();
        if (result.message.isPresent()) {
          if (Responses.isDefinite(result.message.get())) {
            return result.message;
          }
          failure = failure.isPresent() ? failure : result.message;
        }
      }
    } finally {
      attempts.forEach(Attempt::close);
    }
  }

  /** One server's share; the socket may be closed by whoever waits. */
  private final class Attempt {

    private final Question question;
    private final Nameserver server;
    private final int id;
    private final BlockingQueue<Result> results;
    private AutoCloseable socket = () -> {};
    private boolean closed;

    Attempt(Question question, Nameserver server, int id, BlockingQueue<Result> results) {
      this.question = question;
      this.server = server;
      this.id = id;
      this.results = results;
    }

    void udp() {
      try (DatagramSocket datagrams = opened(new DatagramSocket())) {
        datagrams.connect(server.address());
        byte[] query = question.withId(id);
        byte[] buffer = new byte[MAX_ANSWER];
        DatagramPacket received = new DatagramPacket(buffer, buffer.length);
        for (long resend = RESEND.toMillis(); ; resend *= 2) {
          datagrams.send(new DatagramPacket(query, query.length));
          long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(resend);
          for (long left = resend; left > 0; left = millisUntil(until)) {
            datagrams.setSoTimeout((int) left);
            received.setLength(buffer.length);
            if (receive(datagrams, received)) {
              byte[] message = Arrays.copyOf(buffer, received.getLength());
              if (Responses.answers(message, question, id)) {
                finished(message);
                return;
              }
            }
          }
        }
      } catch (IOException e) {
        results.add(new Result(Optional.empty()));
      }
    }

    private static boolean receive(DatagramSocket datagrams, DatagramPacket into)
        throws IOException {
      try {
        datagrams.receive(into);
        return true;
      } catch (SocketTimeoutException e) {
        return false;
      }
    }

    private static long millisUntil(long nanoTime) {
      return TimeUnit.NANOSECONDS.toMillis(nanoTime - System.nanoTime());
    }

    void tcp() {
      try (Socket stream = opened(new Socket())) {
        stream.connect(server.address(), (int) longest.toMillis());
        stream.setSoTimeout((int) longest.toMillis());
        byte[] query = question.withId(id);
        DnsStream.write(new DataOutputStream(stream.getOutputStream()), query);
        byte[] message = DnsStream.read(new DataInputStream(stream.getInputStream()), MAX_DATAGRAM);
        if (!Responses.answers(message, question, id)) {
          throw new IOException("not the answer");
        }
        finished(message);
      } catch (IOException e) {
        results.add(new Result(Optional.empty()));
      }
    }

    private void finished(byte[] message) {
      message[0] = question.message()[0];
      message[1] = question.message()[1];
      results.add(new Result(Optional.of(message)));
    }

    private synchronized <T extends AutoCloseable> T opened(T opened) throws IOException {
      socket = opened;
      if (closed) {
        close();
        throw new IOException("too late");
      }
      return opened;
    }

    synchronized void close() {
      closed = true;
      try {
        socket.close();
      } catch (Exception e) {
        System.getLogger("org.tailjar.dns").log(System.Logger.Level.DEBUG, "close", e);
      }
    }
  }
}
