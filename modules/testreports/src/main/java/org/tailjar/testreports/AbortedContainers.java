package org.tailjar.testreports;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestSource;
import org.junit.platform.engine.support.descriptor.ClassSource;
import org.junit.platform.engine.support.descriptor.MethodSource;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.TestPlan;

/**
 * Writes down each test of a class that was given up before its tests began, as by an assumption in
 * {@code @BeforeAll}: Surefire reports such a class as one without tests.
 *
 * <p>A line in {@code target/surefire-reports/aborted.tsv}, under the working directory, has the
 * class, the test and the reason, separated by tabs.
 */
public final class AbortedContainers implements TestExecutionListener {

  private static final Path REPORT = Path.of("target", "surefire-reports", "aborted.tsv");

  private @Nullable TestPlan plan;

  /** For the service loader. */
  public AbortedContainers() {}

  @Override
  public void testPlanExecutionStarted(TestPlan testPlan) {
    plan = testPlan;
  }

  @Override
  public void executionFinished(TestIdentifier container, TestExecutionResult result) {
    TestPlan tests = plan;
    if (tests == null
        || container.isTest()
        || result.getStatus() != TestExecutionResult.Status.ABORTED) {
      return;
    }
    String reason = result.getThrowable().map(Throwable::getMessage).orElse("");
    List<String> lines =
        tests.getDescendants(container).stream()
            .filter(test -> tests.getChildren(test).isEmpty())
            .map(test -> line(test, reason))
            .toList();
    try {
      Files.createDirectories(REPORT.getParent());
      Files.write(REPORT, lines, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String line(TestIdentifier test, String reason) {
    TestSource source = test.getSource().orElse(null);
    String className =
        switch (source) {
          case MethodSource method -> method.getClassName();
          case ClassSource type -> type.getClassName();
          case null, default -> "";
        };
    String name =
        source instanceof MethodSource method ? method.getMethodName() : test.getDisplayName();
    return className + "\t" + name + "\t" + reason.replaceAll("\\s+", " ");
  }
}
