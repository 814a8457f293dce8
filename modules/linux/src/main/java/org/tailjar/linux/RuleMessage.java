package org.tailjar.linux;

import java.util.Map;
import java.util.Optional;

/** Messages about rules of policy routing: a {@code struct fib_rule_hdr}, then attributes. */
final class RuleMessage {

  static final int RTM_NEWRULE = 32;
  static final int RTM_DELRULE = 33;
  private static final int RTM_GETRULE = 34;

  private static final int FIXED = 12;
  private static final int TABLE = 4;
  private static final int ACTION = 7;

  private static final int FRA_PRIORITY = 6;
  private static final int FRA_FWMARK = 10;
  private static final int FRA_TABLE = 15;
  private static final int FRA_FWMASK = 16;
  private static final int FR_ACT_TO_TABLE = 1;
  private static final int FR_ACT_UNREACHABLE = 7;

  private RuleMessage() {}

  static NetlinkMessage list(boolean ipv6) {
    return new NetlinkMessage(RTM_GETRULE, NetlinkMessage.DUMP)
        .putByte(NetlinkMessage.family(!ipv6))
        .putByte(0)
        .putShort(0)
        .putInt(0)
        .putInt(0);
  }

  static NetlinkMessage add(IpRule rule) {
    return message(RTM_NEWRULE, NetlinkMessage.ADD, rule);
  }

  static NetlinkMessage remove(IpRule rule) {
    return message(RTM_DELRULE, NetlinkMessage.ACKNOWLEDGE, rule);
  }

  private static NetlinkMessage message(int type, int flags, IpRule rule) {
    NetlinkMessage message =
        new NetlinkMessage(type, flags)
            .putByte(NetlinkMessage.family(!rule.ipv6()))
            .putByte(0)
            .putByte(0)
            .putByte(0)
            .putByte(0)
            .putByte(0)
            .putByte(0)
            .putByte(rule.table() == 0 ? FR_ACT_UNREACHABLE : FR_ACT_TO_TABLE)
            .putInt(0)
            .attribute(FRA_PRIORITY, rule.priority());
    if (rule.mask() != 0) {
      message.attribute(FRA_FWMARK, rule.mark()).attribute(FRA_FWMASK, rule.mask());
    }
    if (rule.table() != 0) {
      message.attribute(FRA_TABLE, rule.table());
    }
    return message;
  }

  /** The rule that a {@link #RTM_NEWRULE} describes, if it looks in a table or refuses. */
  static Optional<IpRule> rule(NetlinkReply reply) {
    int action = reply.unsignedByte(ACTION);
    if (action != FR_ACT_TO_TABLE && action != FR_ACT_UNREACHABLE) {
      return Optional.empty();
    }
    Map<Integer, byte[]> attributes = reply.attributes(FIXED);
    int table = NetlinkReply.integer(attributes.get(FRA_TABLE), reply.unsignedByte(TABLE));
    return Optional.of(
        new IpRule(
            reply.family() == UdpAddress.AF_INET6,
            priority(attributes),
            NetlinkReply.integer(attributes.get(FRA_FWMARK), 0),
            NetlinkReply.integer(attributes.get(FRA_FWMASK), 0),
            action == FR_ACT_TO_TABLE ? table : 0));
  }

  static int priority(NetlinkReply reply) {
    return priority(reply.attributes(FIXED));
  }

  private static int priority(Map<Integer, byte[]> attributes) {
    return NetlinkReply.integer(attributes.get(FRA_PRIORITY), 0);
  }
}
