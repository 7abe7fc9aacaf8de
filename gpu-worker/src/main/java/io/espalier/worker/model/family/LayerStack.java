package io.espalier.worker.model.family;

/** A network of layers that follow one another, each of which can be run by itself. */
public interface LayerStack {
  /** Returns how many layers there are. */
  int layers();

  /**
   * Returns whether what normalises the stream takes its mean out first, so that it divides by the
   * root of the variance; else by that of the mean square.
   */
  boolean centresStream();
}
