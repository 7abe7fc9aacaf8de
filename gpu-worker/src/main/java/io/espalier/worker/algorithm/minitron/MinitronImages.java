package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.algorithm.evaluate.Evaluation;
import io.espalier.worker.algorithm.evaluate.ImageMetrics;
import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.minitron.cut.CandidateScoring;
import io.espalier.worker.algorithm.minitron.cut.ImageSubnetScoring;
import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.cut.SubnetClock;
import io.espalier.worker.algorithm.minitron.cut.SubnetWriter;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.ImageActivationMeasurement;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.rotate.RotatedModel;
import io.espalier.worker.algorithm.minitron.size.ImageBlueprint;
import io.espalier.worker.algorithm.prune.CutFiles;
import io.espalier.worker.algorithm.reconstruct.transformer.ImagePasses;
import io.espalier.worker.algorithm.reconstruct.transformer.StreamRemainder;
import io.espalier.worker.algorithm.reconstruct.transformer.TransformerReconstruction;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.ImageDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import io.espalier.worker.model.ImageTransformerModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * A transformer that tells images apart, and images. Models are in memory as a whole.
 *
 * @param search what units are listened to on, and candidates scored
 * @param judged what before and after are measured on
 */
public record MinitronImages(
    ImageBlueprint blueprint, ActivationSettings settings, ImageDataset search, ImageDataset judged)
    implements MinitronSubject<ImageBlueprint> {
  /** Images that are solved on, at most: more take longer and hardly help. */
  private static final int SOLVED = 1024;

  /** Images of a batch of which one is held out. */
  private static final int FEWEST = 4;

  /** Changes whenever what is solved for may. */
  private static final String RECONSTRUCTION = "1";

  @Override
  public ImageBlueprint of(ModelDirectory cut) {
    return ImageBlueprint.of(blueprint.cut(cut));
  }

  @Override
  public int batches() {
    return listening(blueprint).batches();
  }

  private ImageActivationMeasurement listening(ImageBlueprint model) {
    return new ImageActivationMeasurement(model, settings, search);
  }

  @Override
  public boolean fits() {
    return true;
  }

  @Override
  public SubnetClock clock() {
    return SubnetClock.onDevice(blueprint.model().family(), blueprint.model().input());
  }

  @Override
  public Baseline<ImageBlueprint> baseline(Path checkpoints, Progress.Listener progress) {
    ImageMetrics before = tally("measuring the original", blueprint, progress);
    return new Baseline<>() {
      @Override
      public Judgement original() {
        return before.judgement(before);
      }

      @Override
      public Judgement of(String phase, ImageBlueprint cut) {
        return tally(phase, cut, progress).judgement(before);
      }
    };
  }

  private ImageMetrics tally(String phase, ImageBlueprint model, Progress.Listener progress) {
    try (Weights weights = Weights.load(model.model().directory(), model.architecture())) {
      return Evaluation.tally(
          (each, images) -> model.network().forward(each, images, ForwardHooks.NONE),
          weights,
          judged,
          settings.batchSize(),
          step -> progress.report(new Progress(phase, step.done(), step.total(), step.values())));
    }
  }

  /** Refuses it: layer normalisation reads the stream. */
  @Override
  public Rotated<ImageBlueprint> rotated(Path checkpoints, Progress.Listener progress) {
    RotatedModel.require(blueprint);
    throw new IllegalStateException("the stream of %s was to be fixed".formatted(blueprint));
  }

  @Override
  public ActivationScores measure(
      ImageBlueprint model, Path checkpoints, Progress.Listener progress) {
    return listening(model).measure(checkpoints, progress);
  }

  @Override
  public ImageBlueprint watched(ImageBlueprint model, ActivationScores activity) {
    return model;
  }

  @Override
  public CandidateScoring scoring(
      ImageBlueprint model, SubnetMetric score, String fingerprint, Path checkpoints) {
    var images = new Batches(listening(model).images(), settings.batchSize());
    return new ImageSubnetScoring(model, images, score, fingerprint, checkpoints);
  }

  /** None: only decoders learn before they are compared. */
  @Override
  public Optional<LearnedSubnets> learned(
      SubnetWriter<ImageBlueprint> files,
      MinitronSettings with,
      String fingerprint,
      Path checkpoints,
      Progress.Listener progress) {
    return Optional.empty();
  }

  @Override
  public Reconstruction reconstruct(
      ImageBlueprint from,
      Subnet subnet,
      ModelDirectory cut,
      Path checkpoints,
      Progress.Listener progress) {
    ImageTransformerModel made = blueprint.cut(cut);
    ImageDataset images = search.drawn(SOLVED, settings.seed());
    int size = Math.max(FEWEST, settings.batchSize());
    var storage =
        new TransformerReconstruction.Storage(
            settings.stateBytes(), checkpoints, fingerprint(from, subnet, size));
    try (Weights original = Weights.load(from.model().directory(), from.architecture());
        Weights weights = Weights.load(cut, made.architecture())) {
      Reconstruction done =
          new TransformerReconstruction(
                  new ImagePasses(from.network(), images, size),
                  original,
                  new ImagePasses(made.network(), images, size),
                  left(from, subnet))
              .run(weights, storage, progress);
      if (done.isUsed()) {
        CutFiles.write(cut, weights, done.solved());
      }
      return done;
    }
  }

  private static StreamRemainder left(ImageBlueprint from, Subnet subnet) {
    return new StreamRemainder(
        subnet.units().of(from.hidden()).map(left -> IntStream.of(left).boxed().toList()),
        subnet.layers());
  }

  private String fingerprint(ImageBlueprint from, Subnet subnet, int size) {
    Fingerprint all =
        new Fingerprint()
            .add("minitron of images, reconstruction " + RECONSTRUCTION)
            .add(from.model().directory().digests().forward())
            .add(search.fingerprint())
            .add("batches of %d, seed %d".formatted(size, settings.seed()))
            .add("layers " + subnet.layers());
    new TreeMap<>(subnet.units().units())
        .forEach((axis, units) -> all.add(axis).add(Arrays.toString(units)));
    return all.hex();
  }
}
