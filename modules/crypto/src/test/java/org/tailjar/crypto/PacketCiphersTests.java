package org.tailjar.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PacketCiphersTests {

  @AfterEach
  void forgetTheProperty() {
    System.clearProperty(PacketCiphers.PROPERTY);
  }

  @Test
  void theCipherOfTheJdkIsAlwaysThere() {
    assertThat(PacketCiphers.byName("jce").name()).isEqualTo("jce");
    assertThat(PacketCiphers.available()).extracting(Aead::name).doesNotHaveDuplicates();
  }

  @Test
  void openSslIsOfferedWhereItIsInstalled() {
    assumeTrue(
        Stream.of("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib", "/lib")
            .anyMatch(directory -> Files.exists(Path.of(directory, "libcrypto.so.3"))));

    assertThat(PacketCiphers.available()).extracting(Aead::name).contains("openssl");
  }

  /** A JDK whose insides changed would otherwise lose the fastest cipher unnoticed. */
  @Test
  void theIntrinsicsOfTheJdkThatIsBuiltWithAreFound() {
    assertThat(PacketCiphers.available()).extracting(Aead::name).contains("intrinsic");
  }

  @Test
  void thePropertyOverridesTheChoice() {
    System.setProperty(PacketCiphers.PROPERTY, "jce");

    assertThat(PacketCiphers.choose().name()).isEqualTo("jce");
  }

  @Test
  void openSslIsPreferredWhereTheJvmHasNoVectorCode() {
    assertThat(PacketCiphers.order(false).keySet()).containsExactly("openssl", "intrinsic", "jce");
    assertThat(PacketCiphers.order(true).keySet())
        .containsExactly("avx512", "intrinsic", "openssl", "jce");
  }

  @Test
  void featuresOfTheProcessorAreReadFromItsFlags(@TempDir Path directory) throws IOException {
    Path cpuInfo = directory.resolve("cpuinfo");
    Files.writeString(
        cpuInfo, "processor\t: 0\nflags\t\t: fpu avx2 avx512f avx512ifma\n\nflags : x\n");
    Path arm = directory.resolve("arm");
    Files.writeString(arm, "processor\t: 0\nFeatures\t: fp asimd\n");

    assertThat(Processor.read(cpuInfo))
        .containsExactlyInAnyOrder("fpu", "avx2", "avx512f", "avx512ifma");
    assertThat(Processor.read(arm)).isEmpty();
    assertThat(Processor.read(directory.resolve("absent"))).isEmpty();
  }

  @Test
  void theChoiceIsTheFirstOfThoseAvailable() {
    assertThat(PacketCiphers.choose()).isSameAs(PacketCiphers.available().getFirst());
  }

  @Test
  void anUnknownNameIsRejectedWithTheNamesThatThereAre() {
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> PacketCiphers.byName("rot13"))
        .withMessageContaining("rot13")
        .withMessageContaining("jce");
  }

  @Test
  void aCipherThatSealsWronglyFailsTheKnownAnswerTest() {
    Aead right = PacketCiphers.byName("jce");
    assertThat(KnownAnswer.isGivenBy(right)).isTrue();
    assertThat(KnownAnswer.isGivenBy(new Spoiled(right, true, false))).isFalse();
  }

  @Test
  void aCipherThatOpensForgeriesFailsTheKnownAnswerTest() {
    assertThat(KnownAnswer.isGivenBy(new Spoiled(PacketCiphers.byName("jce"), false, true)))
        .isFalse();
  }

  /** A cipher that is wrong about long messages only, or believes everything. */
  private record Spoiled(Aead right, boolean sealsWrongly, boolean believes) implements Aead {

    @Override
    public String name() {
      return "spoiled";
    }

    @Override
    public AeadKey key(byte[] key) {
      return right.key(key);
    }

    @Override
    public AeadContext context() {
      AeadContext context = right.context();
      return new AeadContext() {
        @Override
        public void seal(
            AeadKey key,
            long counter,
            MemorySegment from,
            long fromOffset,
            int length,
            MemorySegment to,
            long toOffset) {
          context.seal(key, counter, from, fromOffset, length, to, toOffset);
          if (sealsWrongly && length == 1600) {
            to.set(ValueLayout.JAVA_BYTE, toOffset, (byte) 0);
          }
        }

        @Override
        public boolean open(
            AeadKey key,
            long counter,
            MemorySegment from,
            long fromOffset,
            int length,
            MemorySegment to,
            long toOffset) {
          return context.open(key, counter, from, fromOffset, length, to, toOffset) || believes;
        }
      };
    }
  }
}
