import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/**
 * Sums up the reports that Surefire left: {@code TestReport.java MODULES [FAILED-STEP...]}.
 *
 * <p>Prints a line for each suite, then failures and skipped tests by name, then the counts. Each
 * failed step counts as one failure. Exits with status 1 if anything failed or nothing ran.
 */
final class TestReport {

  private final List<String> failures = new ArrayList<>();
  private final List<String> skips = new ArrayList<>();
  private int passed;

  public static void main(String[] arguments) throws Exception {
    if (arguments.length == 0) {
      System.err.println("usage: TestReport.java MODULES [FAILED-STEP...]");
      System.exit(64);
    }
    TestReport report = new TestReport();
    try (Stream<Path> files = Files.walk(Path.of(arguments[0]), 4)) {
      for (Path file : files.filter(TestReport::isReport).sorted().toList()) {
        if (file.endsWith("aborted.tsv")) {
          report.addAborted(file);
        } else {
          report.add(file);
        }
      }
    }
    for (String step : List.of(arguments).subList(1, arguments.length)) {
      report.failures.add("the step " + step + ": see dist/test/" + step + ".log");
    }
    System.exit(report.print());
  }

  private static boolean isReport(Path file) {
    return file.toString().contains("/target/surefire-reports/")
        && file.getFileName().toString().matches("TEST-.*\\.xml|aborted\\.tsv");
  }

  private void add(Path file) throws IOException, SAXException, ParserConfigurationException {
    Element suite =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(file.toFile())
            .getDocumentElement();
    String module = file.getParent().getParent().getParent().getFileName().toString();
    int passedBefore = passed;
    int failedBefore = failures.size();
    int skippedBefore = skips.size();
    NodeList cases = suite.getElementsByTagName("testcase");
    for (int i = 0; i < cases.getLength(); i++) {
      addCase((Element) cases.item(i));
    }
    System.out.printf(
        "%s %s/%s: %d passed, %d failed, %d skipped, %s s%n",
        failures.size() > failedBefore ? "FAILED " : "ok     ",
        module,
        simpleName(suite.getAttribute("name")),
        passed - passedBefore,
        failures.size() - failedBefore,
        skips.size() - skippedBefore,
        suite.getAttribute("time"));
  }

  /** Tests that Surefire does not report, see the module testreports. */
  private void addAborted(Path file) throws IOException {
    for (String line : Files.readAllLines(file)) {
      String[] fields = line.split("\t", 3);
      addSkip(simpleName(fields[0]) + "." + fields[1], fields[2]);
    }
  }

  private void addSkip(String name, String reason) {
    skips.add(name + ": " + reason.replaceFirst("^Assumption failed: ", ""));
  }

  private void addCase(Element test) {
    String name = simpleName(test.getAttribute("classname"));
    if (!test.getAttribute("name").isEmpty()) {
      name += "." + test.getAttribute("name");
    }
    for (String kind : List.of("failure", "error")) {
      NodeList found = test.getElementsByTagName(kind);
      if (found.getLength() > 0) {
        failures.add(name + "\n" + indented(found.item(0).getTextContent()));
        return;
      }
    }
    NodeList skipped = test.getElementsByTagName("skipped");
    if (skipped.getLength() > 0) {
      Element element = (Element) skipped.item(0);
      String reason = element.getAttribute("message");
      if (reason.isEmpty()) {
        reason = element.getTextContent().lines().findFirst().orElse("");
      }
      addSkip(name, reason.replaceFirst("^[\\w.]+(Exception|Error): ", ""));
    } else {
      passed++;
    }
  }

  private static String simpleName(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }

  private static String indented(String text) {
    return text.strip()
        .lines()
        .limit(25)
        .map(line -> "        " + line + "\n")
        .reduce("", String::concat);
  }

  private int print() {
    failures.forEach(failure -> System.out.println("FAILED  " + failure));
    skips.forEach(skip -> System.out.println("skipped " + skip));
    System.out.printf("%d passed, %d failed, %d skipped%n", passed, failures.size(), skips.size());
    return failures.isEmpty() && passed > 0 ? 0 : 1;
  }
}
