package org.tailjar.linux;

import java.util.List;
import org.tailjar.fuzz.FuzzTarget;

/** What the kernel answers. */
public final class LinuxTargets {

  private LinuxTargets() {}

  /** The targets. */
  public static List<FuzzTarget> all() {
    return List.of(new FuzzTarget("netlink", LinuxTargets::seeds, LinuxTargets::netlink));
  }

  private static List<byte[]> seeds() {
    byte[] link =
        new NetlinkMessage(16, 2).putInt(0).attribute(3, "tailscale0").attribute(4, 1280).bytes(1);
    byte[] error =
        new NetlinkMessage(NetlinkReply.ERROR, 0x300)
            .putInt(-22)
            .putInt(16)
            .putInt(0)
            .putInt(0)
            .putInt(0)
            .attribute(1, "no such device")
            .bytes(2);
    return List.of(link, error);
  }

  private static void netlink(byte[] bytes) {
    List<NetlinkReply> replies;
    try {
      replies = NetlinkReply.parse(bytes, bytes.length);
    } catch (IllegalArgumentException e) {
      return;
    }
    for (NetlinkReply reply : replies) {
      reply.errno();
      reply.errorText();
      for (int fixed : new int[] {4, 8, 12, 16}) {
        reply
            .attributes(fixed)
            .forEach(
                (type, value) -> {
                  NetlinkReply.integer(value, 0);
                  NetlinkReply.string(value);
                });
      }
    }
  }
}
