package org.tailjar.systemtests.profile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordedStackTrace;
import jdk.jfr.consumer.RecordingFile;
import org.tailjar.systemtests.Shell;

/**
 * A recording of one JVM, begun when it is warm. Samples are of processor time (JEP 509), so that
 * time in the kernel counts for the method that called it.
 */
final class FlightRecording {

  private static final String SAMPLE = "jdk.CPUTimeSample";

  private final long process;
  private final Path file;

  private FlightRecording(long process, Path file) {
    this.process = process;
    this.file = file;
  }

  static FlightRecording start(long process, Path file) {
    FlightRecording recording = new FlightRecording(process, file.toAbsolutePath());
    recording.command("JFR.start", "name=load", SAMPLE + "#enabled=true", SAMPLE + "#throttle=2ms");
    return recording;
  }

  void stop() {
    command("JFR.stop", "name=load", "filename=" + file);
  }

  private void command(String... words) {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    line.add(Long.toString(process));
    line.addAll(List.of(words));
    Shell.run(Duration.ofSeconds(60), line).succeeded();
  }

  /** Samples by thread and by the method that ran. */
  Shares methods() {
    Shares shares = new Shares();
    try (RecordingFile events = new RecordingFile(file)) {
      while (events.hasMoreEvents()) {
        RecordedEvent event = events.readEvent();
        if (event.getEventType().getName().equals(SAMPLE)) {
          String thread =
              event.getThread("eventThread") == null
                  ? "?"
                  : Optional.ofNullable(event.getThread("eventThread").getJavaName())
                      .filter(name -> !name.isEmpty())
                      .orElse("virtual");
          shares.add(thread, method(event.getStackTrace()), 1);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return shares;
  }

  private static String method(RecordedStackTrace trace) {
    if (trace == null || trace.getFrames().isEmpty()) {
      return "(not in Java)";
    }
    RecordedFrame frame = trace.getFrames().getFirst();
    String type = frame.getMethod().getType().getName();
    return type.substring(type.lastIndexOf('.') + 1)
        + "."
        + frame.getMethod().getName()
        + (frame.getType().equals("Native") ? " (native)" : "");
  }
}
