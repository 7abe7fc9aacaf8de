package io.espalier.worker.domain;

/** A point at which long work ends early if that was asked for. Cheap enough for every buffer. */
@FunctionalInterface
public interface StopCheck {
  /** Nobody asks. */
  StopCheck NEVER = () -> {};

  /**
   * Goes on only if nobody asked to stop.
   *
   * @throws WorkerException if somebody did
   */
  void check();
}
