package io.espalier.worker.stage.prune;

import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.model.family.Family;
import io.espalier.worker.report.facts.DataFacts;
import io.espalier.worker.report.facts.Losses;
import io.espalier.worker.report.facts.PruningReport;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/** Facts that an algorithm alone can tell of its pruning, in the form that reports take. */
interface AlgorithmFacts {
  /** Words for the units of an axis that no algorithm chooses the width of. */
  String GIVEN = "given by the rest of the model";

  /** The model that was pruned. */
  PruningReport.Model model();

  /** Returns how a model that was pruned is told of. */
  static PruningReport.Model told(Architecture architecture, Family family, ModelDirectory files) {
    return new PruningReport.Model(
        architecture.name(), architecture.name(), family.name(), Optional.of(files.rootDigest()));
  }

  /** The models that there were to choose from. */
  SearchSpace space();

  /** Returns what was made small, in a word. */
  String objective();

  /** Returns what the losses of single axes are; empty if axes were not looked at one by one. */
  Optional<Losses> losses();

  /** Returns what it was told and counted. */
  List<PruningReport.Fact> facts();

  /** The axes that are told of, in the order of the forward pass. */
  List<Axis> axes();

  /** Returns how many units of an axis the result has; 0 if it went with its layer. */
  int width(Axis axis);

  /** Returns what the units of an axis are, in words; axes that nothing is said of share them. */
  default String kind(Axis axis) {
    return switch (axis.kind()) {
      case HIDDEN -> "channels of the stream";
      case CHANNELS, HEADS, GROUPS, NEURONS, EXPERTS, LAYERS -> axis.kind().key();
      default -> GIVEN;
    };
  }

  /** Returns what an axis of the space loses, one per choice; empty if it was not measured. */
  List<Double> losses(Axis axis);

  /**
   * Returns what the model costs when an axis of the space alone is cut, one per choice; empty if
   * unknown.
   */
  default List<Cost> costs(Axis axis) {
    return List.of();
  }

  /** Returns how many models were scored to measure an axis. */
  default int modelsScored(Axis axis) {
    return 0;
  }

  /** Scores of single units; none if units were not scored. */
  List<PruningReport.Units> units();

  /**
   * Models whose losses were measured as those that the search went by; none if what it went by is
   * in other units than losses of models.
   */
  default List<PruningReport.Measurement> measured() {
    return List.of();
  }

  /** Models that were scored in all; empty if none was. */
  default OptionalInt modelsScored() {
    return OptionalInt.empty();
  }

  /** Models that need not be scored, since narrower ones lost nothing; empty if none was. */
  default OptionalInt modelsSkipped() {
    return OptionalInt.empty();
  }

  /** Of models that were scored, those whose scores an earlier run left; empty if unknown. */
  default OptionalInt modelsRemembered() {
    return OptionalInt.empty();
  }

  /** Fraction of the passes of models that were scored which was known from earlier ones. */
  default OptionalDouble reused() {
    return OptionalDouble.empty();
  }

  /** Returns what was solved for behind the cut; empty if nothing was. */
  default Optional<Reconstruction> reconstruction() {
    return Optional.empty();
  }

  /** The data that it used. */
  List<DataFacts> data();
}
