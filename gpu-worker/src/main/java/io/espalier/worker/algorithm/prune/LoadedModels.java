package io.espalier.worker.algorithm.prune;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Times versions of a model beside it while it is in memory anyway.
 *
 * @param <C> what is known of a cut model's files
 * @param original the model
 * @param load the numbers of a cut model, for the caller to close
 * @param timer times two models side by side
 */
public record LoadedModels<C>(Weights original, Function<C, Weights> load, Timer timer)
    implements CandidateSearch.Timing<C> {
  /** Times two models side by side. */
  @FunctionalInterface
  public interface Timer {
    /** Returns how fast the original and its cut version are, in this order. */
    List<Latency> latencies(Weights original, Weights cut);
  }

  @Override
  public List<Latency> inMemory(Kept kept) {
    try (Weights cut = original.keep(kept)) {
      return timer.latencies(original, cut);
    }
  }

  @Override
  public Optional<List<Latency>> inFiles(C made) {
    try (Weights result = load.apply(made)) {
      return Optional.of(timer.latencies(original, result));
    }
  }
}
