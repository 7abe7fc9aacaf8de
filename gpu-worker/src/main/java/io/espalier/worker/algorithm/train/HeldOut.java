package io.espalier.worker.algorithm.train;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.tensor.Weights;

/** Samples that are not learned from, and what a network is judged by on them. */
public interface HeldOut {
  /** Judges a network; leaves it as it was. */
  Judgement judge(Weights weights);

  /** SHA-256, in hexadecimal, of the samples. */
  String fingerprint();
}
