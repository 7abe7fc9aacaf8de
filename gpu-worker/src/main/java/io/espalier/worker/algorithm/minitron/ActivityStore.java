package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.prune.ScoreFiles;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;

/**
 * Keeps activity in a directory, one file per fingerprint, so that an interrupted measurement goes
 * on and other sizes of the same model need none.
 */
final class ActivityStore {
  private static final int NAME_DIGITS = 16;
  private static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(5);

  private final Path directory;
  private final Blueprint blueprint;
  private long saved = System.nanoTime() - PAUSE_NANOS;

  /** A store of the activity of a model. */
  ActivityStore(Path directory, Blueprint blueprint) {
    this.directory = directory;
    this.blueprint = blueprint;
  }

  /** The stored activity of a fingerprint, finished or not. */
  Optional<Activity> load(String fingerprint) {
    return ScoreFiles.read(file(fingerprint), Activity.class, found -> refusal(found, fingerprint));
  }

  /** Keeps activity, unless other was kept a moment ago and this is not the last. */
  void save(Activity activity) {
    boolean last = activity.layers().size() == blueprint.blocks().size();
    if (last || System.nanoTime() - saved >= PAUSE_NANOS) {
      ScoreFiles.write(file(activity.fingerprint()), activity);
      saved = System.nanoTime();
    }
  }

  private Optional<String> refusal(Activity found, String fingerprint) {
    if (!fingerprint.equals(found.fingerprint())) {
      return Optional.of("it is of another model, data or settings");
    }
    List<LayerActivity> layers = found.layers();
    if (layers.isEmpty() || layers.size() > blueprint.blocks().size()) {
      return Optional.of(
          "it is of %d layers, but the model has %d"
              .formatted(layers.size(), blueprint.blocks().size()));
    }
    for (int layer = 0; layer < layers.size(); layer++) {
      Optional<String> problem = problem(layers.get(layer), units(layer));
      if (problem.isPresent()) {
        return Optional.of("layer %d: %s".formatted(layer, problem.get()));
      }
    }
    return Optional.empty();
  }

  /** How many units of each kind a layer has. */
  Map<String, Integer> units(int layer) {
    return Map.of(
        LayerActivity.NEURONS, blueprint.neurons(layer).units(),
        LayerActivity.HEADS, blueprint.heads(layer).units(),
        LayerActivity.HIDDEN, blueprint.hidden().units());
  }

  /** What is wrong with the activity of a layer, if anything is. */
  static Optional<String> problem(LayerActivity found, Map<String, Integer> units) {
    for (Map.Entry<String, Integer> kind : units.entrySet()) {
      double[] values = found.units().getOrDefault(kind.getKey(), new double[0]);
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
