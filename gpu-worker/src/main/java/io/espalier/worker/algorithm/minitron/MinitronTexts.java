package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.evaluate.Judgement;
import io.espalier.worker.algorithm.minitron.cut.CandidateScoring;
import io.espalier.worker.algorithm.minitron.cut.Subnet;
import io.espalier.worker.algorithm.minitron.cut.SubnetClock;
import io.espalier.worker.algorithm.minitron.cut.SubnetScoring;
import io.espalier.worker.algorithm.minitron.cut.SubnetWriter;
import io.espalier.worker.algorithm.minitron.measure.ActivationMeasurement;
import io.espalier.worker.algorithm.minitron.measure.ActivationScores;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.StreamedJudgement;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.measure.TokenBatches;
import io.espalier.worker.algorithm.minitron.reconstruct.DecoderReconstruction;
import io.espalier.worker.algorithm.minitron.rotate.RotatedModel;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.prune.TextTiming;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.Reconstruction;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A decoder and texts. Everything goes layer by layer; only where the memory is large enough for
 * whole models are they timed side by side.
 *
 * @param search what units are listened to on, and candidates scored
 * @param judged what before and after are measured on
 */
public record MinitronTexts(
    DecoderBlueprint blueprint,
    ActivationSettings settings,
    TextDataset search,
    TextDataset judged,
    TextTiming device)
    implements MinitronSubject<DecoderBlueprint> {
  /** A decoder that is timed on this device. */
  public MinitronTexts(
      DecoderBlueprint blueprint,
      ActivationSettings settings,
      TextDataset search,
      TextDataset judged) {
    this(blueprint, settings, search, judged, TextTiming.onDevice(blueprint.model().tokens()));
  }

  @Override
  public DecoderBlueprint of(ModelDirectory cut) {
    return DecoderBlueprint.of(blueprint.cut(cut));
  }

  @Override
  public int batches() {
    return texts().count();
  }

  private TokenBatches texts() {
    return ActivationMeasurement.texts(settings, search);
  }

  @Override
  public boolean fits() {
    return blueprint.fits(settings.stateBytes());
  }

  @Override
  public SubnetClock clock() {
    return SubnetClock.of(device, blueprint.model().family());
  }

  @Override
  public Baseline<DecoderBlueprint> baseline(Path checkpoints, Progress.Listener progress) {
    var judge =
        new StreamedJudgement(judged, settings.batchSize(), settings.room(), checkpoints, progress);
    Judgement before = judge.of("measuring the original", blueprint);
    return new Baseline<>() {
      @Override
      public Judgement original() {
        return before;
      }

      @Override
      public Judgement of(String phase, DecoderBlueprint cut) {
        return judge.of(phase, cut);
      }
    };
  }

  @Override
  public Rotated<DecoderBlueprint> rotated(Path checkpoints, Progress.Listener progress) {
    RotatedModel rotated =
        RotatedModel.of(blueprint, settings, texts(), search.fingerprint(), checkpoints, progress);
    return new Rotated<>(
        rotated.blueprint(), rotated.untied(), rotated::keepDirections, rotated::close);
  }

  @Override
  public ActivationScores measure(
      DecoderBlueprint model, Path checkpoints, Progress.Listener progress) {
    return new ActivationMeasurement(model, settings, search).measure(checkpoints, progress);
  }

  @Override
  public DecoderBlueprint watched(DecoderBlueprint model, ActivationScores activity) {
    return model.basis().rotated() ? model.in(activity.basis(model)) : model;
  }

  @Override
  public CandidateScoring scoring(
      DecoderBlueprint model, SubnetMetric score, String fingerprint, Path checkpoints) {
    return new SubnetScoring(model, texts(), score, settings.room(), fingerprint, checkpoints);
  }

  @Override
  public Optional<LearnedSubnets> learned(
      SubnetWriter<DecoderBlueprint> files,
      MinitronSettings with,
      String fingerprint,
      Path checkpoints,
      Progress.Listener progress) {
    return with.rankAfter().isEmpty()
        ? Optional.empty()
        : Optional.of(
            new LearnedSubnets(blueprint, files, with, search, fingerprint, checkpoints, progress));
  }

  @Override
  public Reconstruction reconstruct(
      DecoderBlueprint from,
      Subnet subnet,
      ModelDirectory cut,
      Path checkpoints,
      Progress.Listener progress) {
    return new DecoderReconstruction(from, subnet, search, settings)
        .run(cut, checkpoints, progress);
  }
}
