package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.evaluate.Batches;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.model.family.VisionFamily;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.SpillingArrays;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;

/**
 * Reconstruction of a network that reads images: section by section in the order of the forward
 * pass, the original and the cut network side by side, so that each layer makes good what those in
 * front of it left.
 */
final class NetworkReconstruction {
  private final VisionFamily family;
  private final Weights original;
  private final Weights cut;
  private final Kept kept;
  private final Batches batches;
  private final SpillingArrays passed;
  private final NDManager manager;
  private final long seed;
  private final Progress.Listener progress;

  /**
   * A reconstruction.
   *
   * @param of the original and the images
   * @param cut the same without the units that do not stay; its weights and the constants of its
   *     BatchNorms are changed in place
   * @param passed keeps what sections pass on
   */
  NetworkReconstruction(
      VisionReconstruction of, Weights cut, SpillingArrays passed, NDManager manager) {
    this.family = of.family();
    this.original = of.original();
    this.cut = cut;
    this.kept = of.kept();
    this.batches = of.batches();
    this.passed = passed;
    this.manager = manager;
    this.seed = of.seed();
    this.progress = of.progress();
  }

  /** Reconstructs all layers behind the first cut; what each was like before and after. */
  List<LayerReconstruction> run() {
    PyTorch.gradientsOff();
    load();
    List<Section> was = family.sections(original);
    List<Section> is = family.sections(cut);
    var done = new ArrayList<LayerReconstruction>();
    for (int i = 0; i < was.size(); i++) {
      progress.report(Progress.of("reconstructing", i, was.size()));
      done.addAll(section(was.get(i), is.get(i)));
    }
    return done;
  }

  /** Returns what the original says of a batch; asked within a scope, after the reconstruction. */
  NDArray original(int batch) {
    return passed.get(batch);
  }

  /** Returns what the reconstructed network says of a batch; asked within a scope, afterwards. */
  NDArray reconstructed(int batch) {
    return passed.get(batches.count() + batch);
  }

  private void load() {
    for (int i = 0; i < batches.count(); i++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        passed.put(i, batches.images(batches.get(i), manager));
        passed.put(batches.count() + i, batches.images(batches.get(i), manager));
      }
    }
  }

  private List<LayerReconstruction> section(Section was, Section is) {
    List<ReaderSamples> samples = targets(was);
    var done = new ArrayList<LayerReconstruction>();
    for (ReaderSamples layer : samples) {
      done.add(solve(layer, is));
      layer.close();
    }
    for (int i = 0; i < batches.count(); i++) {
      int slot = batches.count() + i;
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        passed.put(slot, is.forward(passed.get(slot), Mode.EVALUATE));
      }
    }
    return done;
  }

  /** Passes all batches through a section of the original. */
  private List<ReaderSamples> targets(Section section) {
    var samples = new ArrayList<ReaderSamples>();
    for (int i = 0; i < batches.count(); i++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        var trace = new ActivationTrace();
        NDArray out = section.forward(passed.get(i), Mode.EVALUATE.watched(trace));
        if (i == 0) {
          samples.addAll(samples(trace));
        }
        samples.forEach(layer -> layer.addTarget(trace));
        passed.put(i, out);
      }
    }
    return samples;
  }

  private List<ReaderSamples> samples(ActivationTrace trace) {
    return SolvedLayer.of(trace, original, kept).stream()
        .map(reader -> new ReaderSamples(reader, kept, cut, places(reader), manager))
        .toList();
  }

  private SamplePlaces places(SolvedLayer reader) {
    return new SamplePlaces(reader.rows(kept), batches.data().size(), seed);
  }

  private LayerReconstruction solve(ReaderSamples layer, Section section) {
    try (LeastSquares squares = layer.squares(manager)) {
      for (int i = 0; i < batches.count(); i++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          var trace = new ActivationTrace();
          section.forward(passed.get(batches.count() + i), Mode.EVALUATE.watched(trace));
          layer.addTo(squares, i, trace);
        }
      }
      return layer.solve(squares);
    }
  }
}
