package io.espalier.worker.algorithm.minitron.measure;

import java.util.Locale;

/** Metric to compare subnets of a model; less is better. */
public enum SubnetMetric {
  /** Mean cross entropy of the next token, in nats. */
  LOSS,
  /** Mean Kullback-Leibler divergence from what the original says of each token, in nats. */
  KL;

  /** Its name in policies and reports. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }
}
