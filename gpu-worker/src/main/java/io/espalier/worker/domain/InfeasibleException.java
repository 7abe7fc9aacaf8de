package io.espalier.worker.domain;

/**
 * No model of the search space meets a constraint. Never retryable: the space will not grow by
 * itself.
 */
public final class InfeasibleException extends WorkerException {
  private final String constraint;
  private final double bound;
  private final double smallest;

  /**
   * A constraint out of reach.
   *
   * @param constraint its name, such as {@code flops}
   * @param bound what was asked for, in the constraint's unit
   * @param smallest the smallest value that the search space reaches
   * @param message all of it in words, with what to change
   */
  public InfeasibleException(String constraint, double bound, double smallest, String message) {
    super(message, false, null);
    this.constraint = constraint;
    this.bound = bound;
    this.smallest = smallest;
  }

  /** Name of the constraint. */
  public String constraint() {
    return constraint;
  }

  /** Returns what was asked for, in the constraint's unit. */
  public double bound() {
    return bound;
  }

  /** The smallest value that the search space reaches, in the same unit. */
  public double smallest() {
    return smallest;
  }
}
