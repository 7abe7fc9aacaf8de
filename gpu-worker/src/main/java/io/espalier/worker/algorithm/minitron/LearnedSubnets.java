package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.distill.DistillationObjective;
import io.espalier.worker.algorithm.distill.DistillationSettings;
import io.espalier.worker.algorithm.distill.OutputLoss;
import io.espalier.worker.algorithm.distill.OutputSettings;
import io.espalier.worker.algorithm.distill.Teacher;
import io.espalier.worker.algorithm.distill.TextSamples;
import io.espalier.worker.algorithm.evaluate.TextEvaluation;
import io.espalier.worker.algorithm.evaluate.TextMetrics;
import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.cut.SubnetJudge;
import io.espalier.worker.algorithm.minitron.cut.SubnetWriter;
import io.espalier.worker.algorithm.minitron.reconstruct.DecoderReconstruction;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.prune.CandidateScores;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.algorithm.train.LearningRate;
import io.espalier.worker.algorithm.train.Trainer;
import io.espalier.worker.algorithm.train.TrainingBudget;
import io.espalier.worker.algorithm.train.TrainingSettings;
import io.espalier.worker.checkpoint.FileTree;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Judge of subnets by what they are worth once they have learned from the model for some steps,
 * since the order of subnets as they are cut is often another one (Minitron, arXiv 2407.14679,
 * section 4). A subnet is cut, reconstructed if that is asked for, trained to say what the model
 * says, and judged by its loss of the next token on texts that it did not learn from. The trained
 * weights are thrown away. Scores are kept, so that none is computed twice.
 */
public final class LearnedSubnets implements SubnetJudge, AutoCloseable {
  private static final int BATCH = 16;
  private static final int ROUNDS = 10;

  private final DecoderBlueprint model;
  private final SubnetWriter<DecoderBlueprint> files;
  private final MinitronSettings settings;
  private final TextDataset search;
  private final TextDataset learned;
  private final TextDataset heldOut;
  private final Path checkpoints;
  private final Progress.Listener progress;
  private final CandidateScores known;
  private Optional<Weights> teacher = Optional.empty();

  /**
   * A judge.
   *
   * @param model the model that subnets are of and learn from
   * @param files cuts them
   * @param settings say for how many steps they learn
   * @param search texts, of which every tenth is held out
   * @param units fingerprint of what units are chosen by
   * @param checkpoints directory for scores and for the subnet that is judged
   */
  LearnedSubnets(
      DecoderBlueprint model,
      SubnetWriter<DecoderBlueprint> files,
      MinitronSettings settings,
      TextDataset search,
      String units,
      Path checkpoints,
      Progress.Listener progress) {
    this.model = model;
    this.files = files;
    this.settings = settings;
    this.search = search;
    int some = Math.max(1, search.examples() / ROUNDS);
    this.learned = search.withoutDrawn(some, settings.activations().seed());
    this.heldOut = search.drawn(some, settings.activations().seed());
    this.checkpoints = checkpoints;
    this.progress = progress;
    this.known =
        new CandidateScores(
            checkpoints,
            "minitron-learned",
            new Fingerprint()
                .add("learned subnets 1")
                .add(units)
                .add(search.fingerprint())
                .add(settings.toString()));
  }

  /**
   * Makes sure that there is enough to learn from.
   *
   * @throws InvalidInputException if there is not
   */
  public static void requireEnough(TextDataset search) {
    if (search.size() < 2 * BATCH) {
      throw new InvalidInputException(
          "prune.rankAfter: candidates learn in steps of %d sequences, but the data have %d; give at least %d, or leave rankAfter out"
              .formatted(BATCH, search.size(), 2 * BATCH));
    }
  }

  @Override
  public double of(String name, Subnet subnet) {
    return known.of(name, () -> measure(name, subnet));
  }

  private double measure(String name, Subnet subnet) {
    Path directory = checkpoints.resolve("candidate");
    FileTree.makeEmpty(directory);
    try {
      var cut = (TextModel) files.cut(subnet.all(files.blueprint()), directory);
      if (settings.reconstruct() != ReconstructionMode.OFF) {
        reconstruct(subnet.all(files.blueprint()), cut.directory());
      }
      return learn(name, cut);
    } finally {
      FileTree.remove(directory);
    }
  }

  private void reconstruct(Kept kept, ModelDirectory cut) {
    DecoderBlueprint from = files.source(kept);
    new DecoderReconstruction(from, Subnet.of(from, kept), search, settings.activations())
        .run(cut, checkpoints, progress);
  }

  private double learn(String name, TextModel cut) {
    if (teacher.isEmpty()) {
      teacher = Optional.of(Weights.load(model.model().directory(), model.architecture()));
    }
    try (Weights weights = Weights.load(cut.directory(), cut.architecture())) {
      new Trainer(training(cut))
          .train(
              weights,
              DistillationObjective.ofTexts(
                  cut.network(),
                  weights,
                  new Teacher<TextNetwork>(
                      model.network(),
                      teacher.orElseThrow(),
                      model.model().directory().rootDigest()),
                  new TextSamples(cut.input(), learned),
                  DistillationSettings.of(OutputSettings.of(OutputLoss.FORWARD_KL, 1))),
              told ->
                  progress.report(
                      new Progress(
                          "training candidate " + name, told.done(), told.total(), told.values())));
      TextMetrics said =
          TextEvaluation.tally(
              cut.network(), weights, heldOut, TextEvaluation.BATCH, Progress.Listener.NONE);
      return said.judgement(said).finest().value();
    }
  }

  private TrainingSettings training(TextModel cut) {
    return TrainingSettings.text(
            1,
            BATCH,
            LearningRate.peakOfTransformers(
                CostModel.of(cut.architecture()).cost(Widths.all()).parameters()),
            settings.activations().seed())
        .with(TrainingBudget.ofSteps(settings.rankAfter().orElseThrow()));
  }

  @Override
  public void close() {
    teacher.ifPresent(Weights::close);
  }
}
