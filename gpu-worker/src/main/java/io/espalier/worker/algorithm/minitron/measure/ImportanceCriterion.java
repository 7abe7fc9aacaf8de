package io.espalier.worker.algorithm.minitron.measure;

import java.util.Locale;

/** Ranking of neurons, heads and experts. Channels of the stream are by activation. */
public enum ImportanceCriterion {
  /** Returns how strongly they fire, as in the paper. */
  ACTIVATION {
    @Override
    ActivationScores of(ActivationScores activity) {
      return activity;
    }
  },
  /**
   * Returns how much they add to the stream: how strongly they fire, times the length of the
   * weights that read them (after Sun et al., A Simple and Effective Pruning Approach for Large
   * Language Models, arXiv 2306.11695, which scores single weights so). Experts by what they add to
   * all tokens together, not to those alone that chose them.
   */
  CONTRIBUTION {
    @Override
    ActivationScores of(ActivationScores activity) {
      return activity.contributions();
    }
  },
  /**
   * Returns how much of what the projection behind them says is lost where they go and its weights
   * are solved for anew (Kwon et al., arXiv 2204.09656); of heads, and of neurons that all tokens
   * go through. Experts and their neurons as for contribution.
   */
  RESIDUAL {
    @Override
    ActivationScores of(ActivationScores activity) {
      return activity.residuals();
    }
  };

  /** Its name in policies and reports. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The scores that units are ranked by. */
  abstract ActivationScores of(ActivationScores activity);
}
