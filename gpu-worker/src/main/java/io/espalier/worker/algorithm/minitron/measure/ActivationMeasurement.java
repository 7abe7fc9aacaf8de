package io.espalier.worker.algorithm.minitron.measure;

import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.data.Fingerprint;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Minitron: listens to all units of a decoder in one forward pass, layer by layer.
 *
 * <p>Source: Muralidharan et al., Compact Language Models via Pruning and Knowledge Distillation,
 * arXiv 2407.14679; Sreenivas et al., LLM Pruning and Distillation in Practice, arXiv 2408.11796;
 * ModelOpt 0.40, mode {@code mcore_minitron}, whose groups of heads are scored in the wrong order.
 */
public final class ActivationMeasurement {
  /** Changes whenever results may. */
  public static final String VERSION = "4";

  private static final Duration PAUSE = Duration.ofSeconds(30);
  private static final String PHASE = "measuring activations";

  private final DecoderBlueprint blueprint;
  private final ActivationSettings settings;
  private final TokenBatches texts;
  private final String fingerprint;

  /** A measurement on texts. */
  public ActivationMeasurement(
      DecoderBlueprint blueprint, ActivationSettings settings, TextDataset data) {
    this(blueprint, settings, texts(settings, data), data.fingerprint());
  }

  /**
   * A measurement on batches.
   *
   * @param data fingerprint of what they are taken from
   */
  public ActivationMeasurement(
      DecoderBlueprint blueprint, ActivationSettings settings, TokenBatches texts, String data) {
    this.blueprint = blueprint;
    this.settings = settings;
    this.texts = texts;
    Fingerprint print =
        new Fingerprint()
            .add("minitron " + VERSION)
            .add(PyTorch.device())
            .add(blueprint.model().directory().digests().forward())
            .add(data)
            .add("batches " + texts.count() + ", size " + settings.batchSize())
            .add("over tokens " + settings.overTokens().key())
            .add("over sequences " + settings.overSequences().key())
            .add("seed " + settings.seed());
    this.fingerprint =
        (settings.unitScore() == ImportanceCriterion.RESIDUAL ? print.add("residuals") : print)
            .hex();
  }

  /** The batches that units are listened to on. */
  public TokenBatches texts() {
    return texts;
  }

  /** The batches of texts that units are listened to on. */
  public static TokenBatches texts(ActivationSettings settings, TextDataset data) {
    return TokenBatches.of(
        data.drawn(data.examples(), settings.seed()), settings.batchSize(), settings.batches());
  }

  /**
   * The activity of the model: measured, continued, or found whole.
   *
   * @param checkpoints directory for it, which a later pruning continues or reuses
   * @throws InvalidInputException if activations are no numbers; names the layer
   */
  public ActivationScores measure(Path checkpoints, Progress.Listener progress) {
    return measure(checkpoints, PAUSE, progress);
  }

  /**
   * The same.
   *
   * @param pause how long it takes at least until what flows is worth to be kept
   */
  ActivationScores measure(Path checkpoints, Duration pause, Progress.Listener progress) {
    var store = new ActivationScoreStore(checkpoints, blueprint, pause);
    ActivationScores activity =
        store.load(fingerprint).orElseGet(() -> new ActivationScores(fingerprint, List.of()));
    int all = blueprint.blocks().size();
    if (activity.layers().size() == all) {
      return settings.unitScore().of(activity);
    }
    try (var stream = new LayerwiseForward(blueprint, texts, settings.room(), checkpoints)) {
      int begin = store.restore(activity, stream);
      if (begin == 0) {
        stream.embed(Kept.all());
      }
      for (List<Integer> known : stream.groups(range(begin, activity.layers().size()))) {
        stream.layers(known, Kept.all());
        progress.report(Progress.of(PHASE, known.get(known.size() - 1) + 1, all));
      }
      for (List<Integer> group : stream.groups(range(activity.layers().size(), all))) {
        for (LayerActivationScores seen : watched(stream, group)) {
          activity = activity.with(seen);
        }
        store.save(activity, stream);
        progress.report(Progress.of(PHASE, activity.layers().size(), all));
      }
    }
    return settings.unitScore().of(activity);
  }

  private static List<Integer> range(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  private List<LayerActivationScores> watched(LayerwiseForward stream, List<Integer> group) {
    var watch = new Watching();
    group.forEach(watch::begin);
    stream.layers(group, Kept.all(), watch);
    return watch.seen;
  }

  /** Watches layers that are at work at once. */
  private final class Watching implements LayerwiseForward.Watch {
    private final Map<Integer, ActivationRecorder> watches = new HashMap<>();
    private final Map<Integer, ResidualRecorder> residuals = new HashMap<>();
    private final List<LayerActivationScores> seen = new ArrayList<>();

    void begin(int layer) {
      watches.put(
          layer,
          new ActivationRecorder(
              settings.overTokens(), settings.overSequences(), blueprint.basis().rotated()));
      if (settings.unitScore() == ImportanceCriterion.RESIDUAL) {
        residuals.put(
            layer,
            new ResidualRecorder(
                LayerActivationScores.solvable(blueprint, layer), blueprint.network()));
      }
    }

    private ActivationRecorder at(int layer) {
      return Objects.requireNonNull(watches.get(layer));
    }

    @Override
    public ForwardHooks of(int layer, Tokens tokens) {
      ForwardHooks watch = at(layer).batch(tokens);
      ResidualRecorder more = residuals.get(layer);
      return more == null ? watch : more.batch(tokens.mask(), watch);
    }

    @Override
    public void done(int layer, Weights weights) {
      LayerActivationScores found = LayerActivationScores.of(at(layer), blueprint, layer, weights);
      ResidualRecorder more = residuals.remove(layer);
      if (more != null) {
        try (more) {
          found = found.withResiduals(more.scores(weights));
        }
      }
      ActivationScoreStore.problem(found, LayerActivationScores.counts(blueprint, layer))
          .ifPresent(
              problem -> {
                throw new InvalidInputException(
                    "%s, layer %d: %s; look for infinite or undefined weights in it and before it"
                        .formatted(blueprint.model().directory().path(), layer, problem));
              });
      seen.add(found);
    }
  }
}
