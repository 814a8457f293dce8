package org.tailjar.systemtests.throughput;

import java.util.List;

/** The median of several measurements, with the least and the most. */
public record Spread(double median, double least, double most) {

  /** Of at least one value; of an even number, the mean of the middle two is the median. */
  public static Spread of(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    int middle = sorted.length / 2;
    double median =
        sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return new Spread(median, sorted[0], sorted[sorted.length - 1]);
  }
}
