import org.jspecify.annotations.NullMarked;

/**
 * MagicDNS: the names of a tailnet's nodes, for every program of the system.
 *
 * <p>{@link org.tailjar.dns.MagicDns} decides without I/O what becomes of a question: an answer
 * from {@link org.tailjar.dns.DnsNames}, or nameservers to ask. {@link org.tailjar.dns.DnsServer}
 * serves it over UDP and TCP and asks others. {@link org.tailjar.dns.ResolvConf} has the system ask
 * it, and puts things back as they were.
 */
@NullMarked
module org.tailjar.dns {
  requires transitive static org.jspecify;
  requires io.netty.buffer;
  requires io.netty.codec.dns;
  requires io.netty.common;

  exports org.tailjar.dns;
}
