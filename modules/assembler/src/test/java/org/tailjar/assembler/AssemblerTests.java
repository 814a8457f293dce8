package org.tailjar.assembler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;
import static org.tailjar.assembler.Memory.at;
import static org.tailjar.assembler.Register.R10;
import static org.tailjar.assembler.Register.R11;
import static org.tailjar.assembler.Register.R12;
import static org.tailjar.assembler.Register.R13;
import static org.tailjar.assembler.Register.R8;
import static org.tailjar.assembler.Register.R9;
import static org.tailjar.assembler.Register.RAX;
import static org.tailjar.assembler.Register.RBP;
import static org.tailjar.assembler.Register.RCX;
import static org.tailjar.assembler.Register.RDI;
import static org.tailjar.assembler.Register.RDX;
import static org.tailjar.assembler.Register.RSP;
import static org.tailjar.assembler.Zmm.zmm;

import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AssemblerTests {

  /** What the GNU assembler (2.40) makes of the same instructions, with {@code {disp32}}. */
  static List<Arguments> instructions() {
    return List.of(
        row("mov(RAX, at(RDI, 8))", "488b8708000000", a -> a.mov(RAX, at(RDI, 8))),
        row(
            "mov(R9, Memory(R12, R13, -4))",
            "4f8b8c2cfcffffff",
            a -> a.mov(R9, new Memory(R12, R13, -4))),
        row("mov(RSP, at(RSP, 0))", "488ba42400000000", a -> a.mov(RSP, at(RSP, 0))),
        row("mov(RCX, 0)", "48c7c100000000", a -> a.mov(RCX, 0)),
        row("mov(R11, -1)", "49c7c3ffffffff", a -> a.mov(R11, -1)),
        row("add(RAX, 1)", "4881c001000000", a -> a.add(RAX, 1)),
        row("sub(R10, 64)", "4981ea40000000", a -> a.sub(R10, 64)),
        row("cmp(RDX, 3)", "4881fa03000000", a -> a.cmp(RDX, 3)),
        row("ret()", "c3", a -> a.ret()),
        row("vzeroupper()", "c5f877", a -> a.vzeroupper()),
        row(
            "kmovq(Mask(1), at(RDI, 0x180))",
            "c4e1f8908f80010000",
            a -> a.kmovq(new Mask(1), at(RDI, 0x180))),
        row(
            "kmovq(Mask(7), at(R9, R10))",
            "c481f890bc1100000000",
            a -> a.kmovq(new Mask(7), at(R9, R10))),
        row(
            "vmovdqu64(zmm(0), at(RDI, 64))",
            "62f1fe486f8740000000",
            a -> a.vmovdqu64(zmm(0), at(RDI, 64))),
        row(
            "vmovdqu64(zmm(31), at(R12, RCX))",
            "6241fe486fbc0c00000000",
            a -> a.vmovdqu64(zmm(31), at(R12, RCX))),
        row(
            "vmovdqu64(at(RDI, 128), zmm(17))",
            "62e1fe487f8f80000000",
            a -> a.vmovdqu64(at(RDI, 128), zmm(17))),
        row(
            "vmovdqu64(at(RBP, R8), zmm(8))",
            "6231fe487f840500000000",
            a -> a.vmovdqu64(at(RBP, R8), zmm(8))),
        row(
            "vmovdqu8(zmm(24), Mask(1), at(RAX, RCX))",
            "62617fc96f840800000000",
            a -> a.vmovdqu8(zmm(24), new Mask(1), at(RAX, RCX))),
        row(
            "vmovdqu8(at(RAX, RCX), Mask(3), zmm(20))",
            "62e17f4b7fa40800000000",
            a -> a.vmovdqu8(at(RAX, RCX), new Mask(3), zmm(20))),
        row("vmovdqa64(zmm(16), zmm(15))", "62c1fd486fc7", a -> a.vmovdqa64(zmm(16), zmm(15))),
        row(
            "vpbroadcastd(zmm(11), at(RDI, 44))",
            "62727d48589f2c000000",
            a -> a.vpbroadcastd(zmm(11), at(RDI, 44))),
        row(
            "vpbroadcastq(zmm(26), at(RDI, 496))",
            "6262fd485997f0010000",
            a -> a.vpbroadcastq(zmm(26), at(RDI, 496))),
        row(
            "vpaddd(zmm(1), zmm(18), zmm(31))",
            "62916d40fecf",
            a -> a.vpaddd(zmm(1), zmm(18), zmm(31))),
        row(
            "vpaddd(zmm(14), zmm(14), at(RDI, 128))",
            "62710d48feb780000000",
            a -> a.vpaddd(zmm(14), zmm(14), at(RDI, 128))),
        row(
            "vpadddBroadcast(zmm(16), zmm(16), at(RDI, 520))",
            "62e17d50fe8708020000",
            a -> a.vpadddBroadcast(zmm(16), zmm(16), at(RDI, 520))),
        row(
            "vpxord(zmm(13), zmm(13), zmm(13))",
            "62511548efed",
            a -> a.vpxord(zmm(13), zmm(13), zmm(13))),
        row(
            "vpxord(zmm(20), zmm(20), at(RAX, RCX))",
            "62e15d40efa40800000000",
            a -> a.vpxord(zmm(20), zmm(20), at(RAX, RCX))),
        row("vprold(zmm(12), zmm(25), 16)", "62911d4872c910", a -> a.vprold(zmm(12), zmm(25), 16)),
        row(
            "vpunpckldq(zmm(16), zmm(0), zmm(1))",
            "62e17d4862c1",
            a -> a.vpunpckldq(zmm(16), zmm(0), zmm(1))),
        row(
            "vpunpckhdq(zmm(17), zmm(2), zmm(30))",
            "62816d486ace",
            a -> a.vpunpckhdq(zmm(17), zmm(2), zmm(30))),
        row(
            "vpaddq(zmm(31), zmm(8), zmm(24))",
            "6201bd48d4f8",
            a -> a.vpaddq(zmm(31), zmm(8), zmm(24))),
        row(
            "vpandq(zmm(16), zmm(0), zmm(24))",
            "6281fd48dbc0",
            a -> a.vpandq(zmm(16), zmm(0), zmm(24))),
        row(
            "vporq(zmm(7), zmm(7), zmm(26))",
            "6291c548ebfa",
            a -> a.vporq(zmm(7), zmm(7), zmm(26))),
        row(
            "vpxorq(zmm(5), zmm(28), zmm(28))",
            "62919d40efec",
            a -> a.vpxorq(zmm(5), zmm(28), zmm(28))),
        row("vpsllq(zmm(23), zmm(21), 4)", "62b1c54073f504", a -> a.vpsllq(zmm(23), zmm(21), 4)),
        row("vpsrlq(zmm(6), zmm(11), 44)", "62d1cd4873d32c", a -> a.vpsrlq(zmm(6), zmm(11), 44)),
        row(
            "vpunpcklqdq(zmm(8), zmm(0), zmm(1))",
            "6271fd486cc1",
            a -> a.vpunpcklqdq(zmm(8), zmm(0), zmm(1))),
        row(
            "vpunpckhqdq(zmm(12), zmm(17), zmm(9))",
            "6251f5406de1",
            a -> a.vpunpckhqdq(zmm(12), zmm(17), zmm(9))),
        row(
            "vshufi64x2(zmm(19), zmm(8), zmm(27), 0xee)",
            "6283bd4843dbee",
            a -> a.vshufi64x2(zmm(19), zmm(8), zmm(27), 0xee)),
        row(
            "vpmadd52luq(zmm(0), zmm(16), zmm(19))",
            "62b2fd40b4c3",
            a -> a.vpmadd52luq(zmm(0), zmm(16), zmm(19))),
        row(
            "vpmadd52huq(zmm(29), zmm(31), zmm(2))",
            "62628540b5ea",
            a -> a.vpmadd52huq(zmm(29), zmm(31), zmm(2))),
        row(
            "vpternlogq(zmm(6), zmm(7), zmm(24), 0xa8)",
            "6293c54825f0a8",
            a -> a.vpternlogq(zmm(6), zmm(7), zmm(24), 0xa8)));
  }

  private static Arguments row(String name, String code, Consumer<Assembler> instruction) {
    return arguments(name, code, instruction);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("instructions")
  void anInstructionIsEncodedAsByAnotherAssembler(
      String name, String code, Consumer<Assembler> instruction) {
    Assembler assembler = new Assembler();

    instruction.accept(assembler);

    assertThat(HexFormat.of().formatHex(assembler.code())).isEqualTo(code);
  }

  @Test
  void jumpsLeadForwardsAndBack() {
    Assembler assembler = new Assembler();
    Label loop = new Label();
    Label end = new Label();
    assembler.bind(loop);
    assembler.jb(end);
    assembler.je(end);
    assembler.jne(loop);
    assembler.jmp(loop);
    assembler.bind(end);
    assembler.ret();

    assertThat(HexFormat.of().formatHex(assembler.code()))
        .isEqualTo(
            "0f8211000000" // 17 bytes on
                + "0f840b000000"
                + "0f85eeffffff" // 18 bytes back
                + "e9e9ffffff"
                + "c3");
  }

  @Test
  void aJumpThatLeadsNowhereIsNoCode() {
    Assembler assembler = new Assembler();
    Label label = new Label();
    assembler.jmp(label);

    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(assembler::code);

    assembler.bind(label);
    assertThat(assembler.code()).hasSize(5);
    assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> assembler.bind(label));
  }

  @Test
  void operandsThatThereAreNotAreRefused() {
    assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> zmm(32));
    assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> zmm(-1));
    assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> new Mask(0));
    assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> new Mask(8));
    assertThatExceptionOfType(IllegalArgumentException.class).isThrownBy(() -> at(RAX, RSP));
  }

  @Test
  void codeGrowsAsLongAsItTakes() {
    Assembler assembler = new Assembler();
    for (int i = 0; i < 10_000; i++) {
      assembler.ret();
    }

    assertThat(assembler.code()).hasSize(10_000).containsOnly(0xc3);
  }
}
