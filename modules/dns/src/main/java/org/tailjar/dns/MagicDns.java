package org.tailjar.dns;

import io.netty.handler.codec.dns.DnsRecordType;
import io.netty.handler.codec.dns.DnsResponseCode;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Decides what becomes of a question. No I/O, and immutable: what it knows is replaced as a whole.
 *
 * @param names what the network map says
 * @param former the nameservers that the system had before
 */
public record MagicDns(DnsNames names, List<Nameserver> former) {

  /** Knows nothing. */
  public static final MagicDns EMPTY = new MagicDns(DnsNames.EMPTY, List.of());

  private static final int INTERNET = 1;
  private static final int ANY_CLASS = 255;

  /** Not a name of the DNS (RFC 7686). */
  private static final DnsName ONION = new DnsName("onion");

  /** Types that have to do with zones and not with hosts. */
  private static final Set<DnsRecordType> ZONE_TYPES =
      Set.of(DnsRecordType.NS, DnsRecordType.SOA, DnsRecordType.AXFR, DnsRecordType.valueOf(13));

  /** Copies the list. */
  public MagicDns {
    former = List.copyOf(former);
  }

  /** What becomes of a question. */
  sealed interface Decision {

    /**
     * It is answered here.
     *
     * @param response the whole message
     */
    record Answer(byte[] response) implements Decision {}

    /**
     * Others are asked.
     *
     * @param servers in this order
     * @param otherwise the answer when they know of no such name
     */
    record Forward(List<Nameserver> servers, Optional<Answer> otherwise) implements Decision {}
  }

  Decision decide(Question question) {
    DnsName name = question.dnsName();
    boolean internet = question.dnsClass() == INTERNET || question.dnsClass() == ANY_CLASS;
    List<InetAddress> addresses = names.hosts().get(name);
    if (addresses != null && internet) {
      return answer(question, addresses);
    }
    if (name.isWithin(ONION)) {
      return new Decision.Answer(Responses.empty(question, DnsResponseCode.NXDOMAIN));
    }
    DnsName host = names.reverse().get(name);
    if (host != null && internet) {
      return question.type().equals(DnsRecordType.PTR) || question.type().equals(DnsRecordType.ANY)
          ? new Decision.Answer(Responses.pointer(question, host))
          : new Decision.Answer(nothing(question));
    }
    List<Nameserver> route = names.route(name);
    if (route == null) {
      return elsewhere(question, name);
    }
    if (!route.isEmpty()) {
      return new Decision.Forward(route, Optional.empty());
    }
    boolean exists = names.hasHostsWithin(name);
    return new Decision.Answer(
        exists
            ? nothing(question)
            : Responses.response(question, DnsResponseCode.NXDOMAIN, true, List.of()));
  }

  private static Decision answer(Question question, List<InetAddress> addresses) {
    return new Decision.Answer(
        ZONE_TYPES.contains(question.type())
            ? Responses.empty(question, DnsResponseCode.NOTIMP)
            : Responses.addresses(question, addresses));
  }

  private static byte[] nothing(Question question) {
    return Responses.response(question, DnsResponseCode.NOERROR, true, List.of());
  }

  /**
   * A name of one label is a peer's where nobody else knows it: not every resolver goes through the
   * search list (musl does not with Docker's {@code ndots:0}), and the name of a service beside
   * this container must not be hidden by that of a peer.
   */
  private Decision elsewhere(Question question, DnsName name) {
    Optional<Decision.Answer> otherwise =
        names
            .searched(name)
            .map(host -> new Decision.Answer(Responses.addresses(question, hostAddresses(host))));
    return new Decision.Forward(servers(name), otherwise);
  }

  private List<InetAddress> hostAddresses(DnsName host) {
    return names.hosts().getOrDefault(host, List.of());
  }

  private List<Nameserver> servers(DnsName name) {
    List<Nameserver> usual =
        !names.resolvers().isEmpty()
            ? names.resolvers()
            : former.isEmpty() ? names.fallbacks() : former;
    if (!names.vital().contains(name)) {
      return usual;
    }
    Set<Nameserver> first = new LinkedHashSet<>(former);
    first.addAll(usual);
    return new ArrayList<>(first);
  }
}
