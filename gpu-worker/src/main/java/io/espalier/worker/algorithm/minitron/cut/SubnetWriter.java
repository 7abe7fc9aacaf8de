package io.espalier.worker.algorithm.minitron.cut;

import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.prune.Phases;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import java.nio.file.Path;

/** Writes subnets of a model. */
public record SubnetWriter(DecoderBlueprint blueprint, Sharding sharding, Phases phases) {
  /** Leaves one in an empty directory, ready for use. */
  TextModel cut(Kept kept, Path output) {
    return phases.time(
        "surgery", () -> Subnet.of(blueprint, kept).write(blueprint, sharding, output));
  }
}
