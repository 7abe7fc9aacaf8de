package io.espalier.worker.algorithm.minitron.cut;

import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.prune.CandidateScores;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.domain.model.Kept;
import java.nio.file.Path;
import java.util.List;

/** Scores subnets of a model by what they say of its data. */
public interface CandidateScoring extends SubnetJudge, AutoCloseable {
  /**
   * The score of a subnet.
   *
   * @param subnet names it among all subnets by the same units
   * @param kept its units, without layers
   * @param layers its layers by their numbers in the model, ascending
   * @return mean over all that is asked; infinite if the subnet says no numbers
   */
  double of(String subnet, Kept kept, List<Integer> layers);

  @Override
  default double of(String name, Subnet subnet) {
    return of(name, subnet.units(), subnet.layers());
  }

  @Override
  void close();

  /**
   * Returns the scores of subnets that are known by now.
   *
   * @param fingerprint of model, data and what units are chosen by
   * @param checkpoints directory for them
   */
  static CandidateScores known(String fingerprint, SubnetMetric score, Path checkpoints) {
    return new CandidateScores(
        checkpoints,
        "minitron-versions",
        new Fingerprint().add(fingerprint).add("score " + score.key()));
  }
}
