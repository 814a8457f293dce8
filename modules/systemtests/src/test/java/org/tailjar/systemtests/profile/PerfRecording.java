package org.tailjar.systemtests.profile;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tailjar.systemtests.Shell;

/**
 * What perf saw of some JVMs while they were busy: the kernel's functions, too, and the JVM's own
 * stubs, in which its intrinsics are. By the clock of the processor, since virtual machines have no
 * hardware counters.
 */
final class PerfRecording {

  private static final int HERTZ = 999;
  private static final String COMPILED = "compiled Java";

  /** A thread's name, process and number, then the symbol with its offset, and where it is from. */
  private static final Pattern SAMPLE =
      Pattern.compile(
          "^\\s*(.+?)\\s+(\\d+)/\\d+\\s+[0-9a-f]+ (.+?) \\(([/\\[].*?)(?: \\(deleted\\))?\\)$");

  private final Path file;
  private final List<Long> processes;
  private final Process process;

  private PerfRecording(Path file, List<Long> processes, Process process) {
    this.file = file;
    this.processes = processes;
    this.process = process;
  }

  static PerfRecording start(List<Long> processes, Path file) {
    try {
      Process process =
          new ProcessBuilder(
                  "perf",
                  "record",
                  "-q",
                  "-e",
                  "cpu-clock",
                  "-F",
                  Integer.toString(HERTZ),
                  "-p",
                  processes.stream().map(Object::toString).collect(Collectors.joining(",")),
                  "-o",
                  file.toString())
              .inheritIO()
              .start();
      return new PerfRecording(file, processes, process);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends it, and has the JVMs, which must still run, write the names of what they compiled. */
  void stop() {
    Shell.run("kill", "-INT", Long.toString(process.pid())).succeeded();
    Shell.await(process);
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    for (long node : processes) {
      Shell.run(jcmd.toString(), Long.toString(node), "Compiler.perfmap").succeeded();
    }
  }

  /** Samples of a process by kind and by symbol. */
  Shares symbols(long of) {
    return symbols(script(), of);
  }

  /** The same from the lines of {@code perf script}. */
  static Shares symbols(List<String> script, long of) {
    Shares shares = new Shares();
    for (String line : script) {
      Matcher sample = SAMPLE.matcher(line);
      if (sample.matches() && Long.parseLong(sample.group(2)) == of) {
        String symbol = sample.group(3).replaceFirst("\\+0x[0-9a-f]+$", "");
        String kind = kind(symbol, sample.group(4));
        shares.add(kind, kind.equals(COMPILED) ? method(symbol) : symbol, 1);
      }
    }
    return shares;
  }

  /** Class and name of what perf's map of compiled methods writes with its types. */
  private static String method(String symbol) {
    String[] parts = symbol.replaceFirst("\\(.*", "").replaceFirst("^\\S+ ", "").split("\\.");
    return parts[parts.length - 2] + "." + parts[parts.length - 1];
  }

  private List<String> script() {
    return Shell.run(
            Duration.ofMinutes(3),
            List.of("perf", "script", "-i", file.toString(), "-F", "comm,pid,tid,ip,sym,dso"))
        .output()
        .lines()
        .toList();
  }

  private static String kind(String symbol, String object) {
    if (object.contains("kernel") || object.startsWith("[")) {
      return "kernel";
    }
    if (object.contains("perf-")) {
      // Methods are written with their class, stubs without.
      return symbol.contains(".") ? COMPILED : "JVM stubs";
    }
    // JNA unpacks its library under a name of chance.
    return object.replaceFirst(".*/", "").replaceFirst("^jna\\d+\\.tmp$", "libjnidispatch.so");
  }
}
