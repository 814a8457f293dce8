package org.tailjar.systemtests.throughput;

import java.util.List;
import java.util.Locale;
import java.util.function.DoubleFunction;

/**
 * Horizontal bars in groups, each with its value and a whisker from the least to the most, as SVG
 * that is readable on light and dark pages: it has its own background, of the scheme that the
 * reader prefers.
 *
 * @param format of values and of the scale
 * @param note a line below all
 */
record BarChart(String title, String note, DoubleFunction<String> format, List<Group> groups) {

  /** Bars that are compared with each other. */
  record Group(String title, List<Bar> bars) {}

  /**
   * One bar.
   *
   * @param ours whether it is to stand out
   */
  record Bar(String title, boolean ours, Spread spread) {}

  private static final int WIDTH = 760;
  private static final int LEFT = 210;
  private static final int RIGHT = 120;
  private static final int TOP = 44;
  private static final int BAR = 15;
  private static final int STEP = 21;
  private static final int GROUP_TITLE = 24;
  private static final int GROUP_GAP = 8;

  private static final String STYLE =
      """
      <style>
      text { font: 12px system-ui, -apple-system, "Segoe UI", "Liberation Sans", sans-serif; fill: #1f2328; }
      .back { fill: #ffffff; }
      .title { font-size: 15px; font-weight: 600; }
      .group { font-weight: 600; }
      .value { font-variant-numeric: tabular-nums; }
      .quiet { fill: #59636e; font-size: 11px; }
      .grid { stroke: #d1d9e0; stroke-width: 1; }
      .bar { fill: #a3adb8; }
      .ours { fill: #1f6feb; }
      .whisker { stroke: #1f2328; stroke-width: 1.2; fill: none; }
      @media (prefers-color-scheme: dark) {
        text { fill: #e6edf3; }
        .back { fill: #0d1117; }
        .quiet { fill: #9198a1; }
        .grid { stroke: #30363d; }
        .bar { fill: #57606a; }
        .ours { fill: #4493f8; }
        .whisker { stroke: #e6edf3; }
      }
      </style>
      """;

  String svg() {
    double most =
        groups.stream()
            .flatMap(group -> group.bars().stream())
            .mapToDouble(bar -> bar.spread().most())
            .max()
            .orElse(1);
    double tick = tick(most);
    double scale = (WIDTH - LEFT - RIGHT) / (Math.ceil(most / tick) * tick);
    int bottom =
        TOP
            + groups.stream()
                .mapToInt(group -> GROUP_TITLE + STEP * group.bars().size() + GROUP_GAP)
                .sum();
    int height = bottom + 46;
    StringBuilder svg = new StringBuilder();
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d"
                + " %d\" role=\"img\">%n<title>%s</title>%n",
            WIDTH,
            height,
            WIDTH,
            height,
            escaped(title)));
    svg.append(STYLE);
    svg.append(
        String.format(
            "<rect class=\"back\" width=\"%d\" height=\"%d\" rx=\"6\"/>%n", WIDTH, height));
    text(svg, "title", 16, 26, "start", title);
    for (double value = 0; value <= most + tick; value += tick) {
      double x = LEFT + value * scale;
      if (x > WIDTH - RIGHT + 0.5) {
        break;
      }
      svg.append(
          String.format(
              Locale.ROOT,
              "<path class=\"grid\" d=\"M%.1f %dV%d\"/>%n",
              x,
              TOP + GROUP_TITLE / 2,
              bottom));
      text(svg, "quiet", x, bottom + 14, "middle", number(value, tick));
    }
    int y = TOP;
    for (Group group : groups) {
      text(svg, "group", 16, y + 17, "start", group.title());
      y += GROUP_TITLE;
      for (Bar bar : group.bars()) {
        bar(svg, bar, y, scale);
        y += STEP;
      }
      y += GROUP_GAP;
    }
    text(svg, "quiet", 16, height - 12, "start", note);
    return svg.append("</svg>\n").toString();
  }

  private void bar(StringBuilder svg, Bar bar, int y, double scale) {
    Spread spread = bar.spread();
    double middle = y + BAR / 2.0;
    text(svg, bar.ours() ? "group" : "", LEFT - 8, middle + 4, "end", bar.title());
    svg.append(
        String.format(
            Locale.ROOT,
            "<rect class=\"%s\" x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\"/>%n",
            bar.ours() ? "ours" : "bar",
            LEFT,
            y,
            Math.max(1, spread.median() * scale),
            BAR));
    double least = LEFT + spread.least() * scale;
    double most = LEFT + spread.most() * scale;
    if (most - least >= 1) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<path class=\"whisker\" d=\"M%.1f %.1fH%.1fM%.1f %.1fv6M%.1f %.1fv6\"/>%n",
              least,
              middle,
              most,
              least,
              middle - 3,
              most,
              middle - 3));
    }
    text(svg, "value", most + 7, middle + 4, "start", format.apply(spread.median()));
  }

  /** A round distance that makes four to eight marks. */
  private static double tick(double most) {
    double power = Math.pow(10, Math.floor(Math.log10(Math.max(most, 1e-9))));
    for (double factor : new double[] {0.1, 0.2, 0.5, 1}) {
      if (most / (factor * power) <= 8) {
        return factor * power;
      }
    }
    return 2 * power;
  }

  private static String number(double value, double tick) {
    int decimals = tick >= 1 ? 0 : (int) Math.ceil(-Math.log10(tick) - 1e-9);
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  private static void text(
      StringBuilder svg, String style, double x, double y, String anchor, String text) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>%n",
            style,
            x,
            y,
            anchor,
            escaped(text)));
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }
}
