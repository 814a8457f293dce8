package org.tailjar.launcher;

import static java.lang.System.Logger.Level.DEBUG;
import static java.lang.System.Logger.Level.ERROR;
import static java.lang.System.Logger.Level.INFO;
import static java.lang.System.Logger.Level.WARNING;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

@Isolated("the settings are those of the process")
class ConsoleLoggerTests {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, false, StandardCharsets.UTF_8);

  @AfterEach
  void restore() {
    ConsoleLogging.configure(LogSettings.DEFAULT);
  }

  @Test
  void aTextLineHasTimeLevelModuleAndMessage() {
    logger("org.tailjar.tun").log(INFO, "mtu {0}", 9);
    assertThat(written()).isEqualTo("1970-01-01T00:00:01Z INFO    tun: mtu 9\n");
  }

  @Test
  void aTextLineCannotSteerTheTerminal() {
    logger("org.tailjar.tun").log(INFO, "a\u001b[2Jb\u0007\nc");
    assertThat(written()).endsWith("tun: a?[2Jb? | c\n");
  }

  @Test
  void aJsonLineIsOneObject() {
    ConsoleLogging.configure(new LogSettings(INFO, LogSettings.Format.JSON));
    logger("org.tailjar.tun").log(WARNING, "a \"b\"\n\\\t\u0001");
    assertThat(written())
        .isEqualTo(
            "{\"time\":\"1970-01-01T00:00:01Z\",\"level\":\"warning\",\"logger\":\"tun\","
                + "\"message\":\"a \\\"b\\\"\\n\\\\\\t\\u0001\"}\n");
  }

  @Test
  void anExceptionIsOneLineWithItsCausesAndNoStackTrace() {
    logger("org.tailjar.tun")
        .log(ERROR, "failed", new IOException("one\ntwo", new IOException("deeper")));
    assertThat(written())
        .endsWith("failed: java.io.IOException: one | two; caused by java.io.IOException: deeper\n")
        .doesNotContain("at org.");
  }

  @Test
  void aStackTraceFollowsAtDebugLevelOnTheSameLine() {
    ConsoleLogging.configure(new LogSettings(DEBUG, LogSettings.Format.TEXT));
    logger("org.tailjar.tun").log(ERROR, "failed", new IOException("x"));
    assertThat(written()).contains("ConsoleLoggerTests").hasLineCount(1);
  }

  @Test
  void whatIsBelowTheLevelIsNotWritten() {
    logger("org.tailjar.tun").log(DEBUG, "detail");
    assertThat(written()).isEmpty();
    ConsoleLogging.configure(new LogSettings(DEBUG, LogSettings.Format.TEXT));
    logger("org.tailjar.tun").log(DEBUG, "detail");
    assertThat(written()).contains("detail");
  }

  @Test
  void librariesAreHeardFromWarningOn() {
    ConsoleLogging.configure(new LogSettings(DEBUG, LogSettings.Format.TEXT));
    logger("jdk.event").log(INFO, "chatter");
    assertThat(written()).isEmpty();
    logger("jdk.event").log(WARNING, "trouble");
    assertThat(written()).contains("jdk.event: trouble");
  }

  @Test
  void aPatternThatIsNoneIsWrittenAsItIs() {
    logger("org.tailjar.tun").log(INFO, "a {x} b", 1);
    assertThat(written()).endsWith("a {x} b\n");
  }

  @Test
  void everyLoggerOfTheProcessIsOurs() {
    assertThat(System.getLogger("org.tailjar.anything").getClass().getName())
        .contains("org.tailjar.launcher");
  }

  private ConsoleLogger logger(String name) {
    return new ConsoleLogger(name, out, () -> 1000);
  }

  private String written() {
    out.flush();
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
