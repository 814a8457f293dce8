package org.tailjar.linux;

import java.util.Map;
import java.util.Optional;

/** Messages about addresses: a {@code struct ifaddrmsg}, then attributes (rtnetlink(7)). */
final class AddressMessage {

  static final int RTM_NEWADDR = 20;
  static final int RTM_DELADDR = 21;
  private static final int RTM_GETADDR = 22;

  private static final int FIXED = 8;
  private static final int PREFIX_LENGTH = 1;
  private static final int SCOPE = 3;
  private static final int LINK = 4;

  private static final int IFA_ADDRESS = 1;
  private static final int IFA_LOCAL = 2;
  private static final int IFA_FLAGS = 8;
  private static final int IFA_F_NODAD = 0x02;

  private AddressMessage() {}

  static NetlinkMessage list() {
    return new NetlinkMessage(RTM_GETADDR, NetlinkMessage.DUMP).putInt(0).putInt(0);
  }

  static NetlinkMessage add(int link, LinkAddress address) {
    NetlinkMessage message = message(RTM_NEWADDR, NetlinkMessage.ADD, link, address);
    // There is no link to ask whether somebody else has the address.
    return address.isIpv4() ? message : message.attribute(IFA_FLAGS, IFA_F_NODAD);
  }

  static NetlinkMessage remove(int link, LinkAddress address) {
    return message(RTM_DELADDR, NetlinkMessage.ACKNOWLEDGE, link, address);
  }

  private static NetlinkMessage message(int type, int flags, int link, LinkAddress address) {
    return new NetlinkMessage(type, flags)
        .putByte(NetlinkMessage.family(address.isIpv4()))
        .putByte(address.bits())
        .putByte(0)
        .putByte(NetlinkMessage.SCOPE_UNIVERSE)
        .putInt(link)
        .attribute(IFA_LOCAL, address.high(), address.low())
        .attribute(IFA_ADDRESS, address.high(), address.low());
  }

  /** The address that a {@link #RTM_NEWADDR} describes, if it is one of IPv4 or IPv6. */
  static Optional<LinkAddress> address(NetlinkReply reply) {
    Map<Integer, byte[]> attributes = reply.attributes(FIXED);
    byte[] raw = attributes.getOrDefault(IFA_LOCAL, attributes.get(IFA_ADDRESS));
    if (raw == null || raw.length != 4 && raw.length != 16) {
      return Optional.empty();
    }
    return Optional.of(
        new LinkAddress(
            NetlinkReply.high(raw),
            NetlinkReply.low(raw),
            reply.unsignedByte(PREFIX_LENGTH),
            reply.unsignedByte(SCOPE) == NetlinkMessage.SCOPE_LINK));
  }

  /** The number of the interface that has the address. */
  static int link(NetlinkReply reply) {
    return reply.body().getInt(LINK);
  }
}
