package org.tailjar.testkit.junit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.DatagramPacket;
import java.net.DatagramSocket;
import org.junit.jupiter.api.Test;
import org.tailjar.tailnet.DeviceKind;

@WithTailnet
class GreetingTests {

  @Test
  void aGreetingCrossesTheTailnet(TestNode alice, TestNode bob) throws Exception {
    alice.send(bob, 7000, "hello, bob");
    assertEquals("hello, bob", bob.receive().text());
  }

  @Test
  void aProgramOnThisMachineIsGreeted(
      @Joined(device = DeviceKind.TUN) TestNode machine, TestNode alice) throws Exception {
    try (DatagramSocket program = new DatagramSocket(7000, machine.address())) {
      program.setSoTimeout(30_000);
      alice.send(machine, 7000, "hello, program");
      DatagramPacket received = new DatagramPacket(new byte[100], 100);
      program.receive(received);
      assertEquals("hello, program", new String(received.getData(), 0, received.getLength()));
    }
  }
}
