package io.espalier.worker.algorithm.minitron.cut;

import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.MaskableModel;
import java.nio.file.Path;

/**
 * Writes subnets of a model.
 *
 * @param <B> what is known of the model
 * @param blueprint of the model that is cut
 * @param whole of the model as it was trained: what a subnet is taken from whose stream stays, so
 *     that no other numbers come of it
 */
public record SubnetWriter<B extends NetworkBlueprint>(
    B blueprint, B whole, Sharding sharding, Phases phases) {
  /** Makes a writer of subnets of a model as it was trained. */
  public SubnetWriter(B blueprint, Sharding sharding, Phases phases) {
    this(blueprint, blueprint, sharding, phases);
  }

  /** Leaves one in an empty directory, ready for use. */
  public MaskableModel cut(Kept kept, Path output) {
    B from = source(kept);
    return phases.time("surgery", () -> Subnet.of(from, kept).write(from, sharding, output));
  }

  /** Returns what a subnet is taken from. */
  public B source(Kept kept) {
    boolean narrower = kept.width(blueprint.hidden()) < blueprint.hidden().units();
    return narrower ? blueprint : whole;
  }
}
