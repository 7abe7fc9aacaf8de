package io.espalier.worker.algorithm.minitron.measure;

import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.prune.ScoreFiles;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.tensor.SavedArrays;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.DoubleStream;

/**
 * Keeps activity in a directory, one file per fingerprint, so that an interrupted measurement goes
 * on and other sizes of the same model need none.
 */
final class ActivationScoreStore {
  private static final int NAME_DIGITS = 16;

  private final Path directory;
  private final NetworkBlueprint blueprint;
  private final long pauseNanos;
  private long saved;

  /**
   * A store of the activity of a model.
   *
   * @param pause how long it takes at least until it is worth to be kept
   */
  ActivationScoreStore(Path directory, NetworkBlueprint blueprint, Duration pause) {
    this.directory = directory;
    this.blueprint = blueprint;
    this.pauseNanos = pause.toNanos();
    this.saved = System.nanoTime();
  }

  /** The stored activity of a fingerprint, finished or not. */
  Optional<ActivationScores> load(String fingerprint) {
    return ScoreFiles.read(
        file(fingerprint), ActivationScores.class, found -> refusal(found, fingerprint));
  }

  /**
   * Keeps activity and what flows, unless that was done a moment ago. Of the last layer the
   * activity is kept, and nothing of what flows any more.
   */
  void save(ActivationScores activity, LayerwiseForward stream) {
    boolean last = activity.layers().size() == blueprint.blocks().size();
    if (!last && System.nanoTime() - saved < pauseNanos) {
      return;
    }
    String fingerprint = activity.fingerprint();
    ScoreFiles.write(file(fingerprint), activity);
    if (last) {
      removeStates(fingerprint);
    } else {
      stream.save(states(fingerprint), label(fingerprint, activity.layers().size()));
    }
    saved = System.nanoTime();
  }

  /** Keeps the activity of a whole model. */
  void save(ActivationScores activity) {
    ScoreFiles.write(file(activity.fingerprint()), activity);
  }

  /**
   * Takes up what flowed when it was kept.
   *
   * @return how many layers it went through by then; 0 if nothing sound was kept
   */
  int restore(ActivationScores activity, LayerwiseForward stream) {
    Path file = states(activity.fingerprint());
    Optional<String> label = SavedArrays.label(file);
    for (int layers = activity.layers().size(); layers > 0; layers--) {
      if (label.equals(Optional.of(label(activity.fingerprint(), layers)))) {
        return stream.restore(file) ? layers : 0;
      }
    }
    return 0;
  }

  private static String label(String fingerprint, int layers) {
    return "%s after %d layers".formatted(fingerprint, layers);
  }

  private void removeStates(String fingerprint) {
    try {
      Files.deleteIfExists(states(fingerprint));
    } catch (IOException e) {
      throw new WorkerException("cannot remove %s: %s".formatted(states(fingerprint), e), true, e);
    }
  }

  private Path states(String fingerprint) {
    return directory.resolve("minitron-%s.states".formatted(fingerprint.substring(0, NAME_DIGITS)));
  }

  private Optional<String> refusal(ActivationScores found, String fingerprint) {
    if (!fingerprint.equals(found.fingerprint())) {
      return Optional.of("it is of another model, data or settings");
    }
    List<LayerActivationScores> layers = found.layers();
    if (layers.isEmpty() || layers.size() > blueprint.blocks().size()) {
      return Optional.of(
          "it is of %d layers, but the model has %d"
              .formatted(layers.size(), blueprint.blocks().size()));
    }
    for (int layer = 0; layer < layers.size(); layer++) {
      Optional<String> problem =
          problem(layers.get(layer), LayerActivationScores.counts(blueprint, layer));
      if (problem.isPresent()) {
        return Optional.of("layer %d: %s".formatted(layer, problem.get()));
      }
    }
    return Optional.empty();
  }

  /** Returns what is wrong with the activity of a layer, if anything is. */
  static Optional<String> problem(LayerActivationScores found, Map<String, Integer> units) {
    Map<String, double[]> scores = found.units();
    for (Map.Entry<String, Integer> kind : units.entrySet()) {
      double[] values = scores.getOrDefault(kind.getKey(), new double[0]);
      boolean sound = DoubleStream.of(values).allMatch(v -> v >= 0 && Double.isFinite(v));
      if (values.length != kind.getValue() || !sound) {
        return Optional.of(
            "there is not a number of at least 0 for each of its %d %s"
                .formatted(kind.getValue(), kind.getKey()));
      }
    }
    return Double.isFinite(found.distance())
        ? Optional.empty()
        : Optional.of(
            "what leaves it is as far as %s from what enters".formatted(found.distance()));
  }

  private Path file(String fingerprint) {
    return directory.resolve(
        "minitron-scores-%s.json".formatted(fingerprint.substring(0, NAME_DIGITS)));
  }
}
