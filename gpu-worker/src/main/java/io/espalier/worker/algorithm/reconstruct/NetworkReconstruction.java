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
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.Predicate;

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
  private Predicate<SolvedLayer> wanted = any -> true;
  private boolean apart;

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
    load(batch -> batches.images(batches.get(batch), manager));
    List<Section> was = family.sections(original);
    List<Section> is = family.sections(cut);
    var done = new ArrayList<LayerReconstruction>();
    for (int i = 0; i < was.size(); i++) {
      progress.report(Progress.of("reconstructing", i, was.size()));
      apart = apart || part(was.get(i));
      done.addAll(section(was.get(i), is.get(i)));
    }
    return done;
  }

  /**
   * Solves for the layers that read cut units, and no others.
   *
   * @param from the first section that the cut changes
   * @param inputs what both networks pass on to it, by batch; asked within a scope
   * @return the section behind the last that has such a layer; {@code from} if there is none
   */
  int readers(int from, IntFunction<NDArray> inputs) {
    PyTorch.gradientsOff();
    wanted = reader -> reader.isCutBy(kept);
    load(batch -> Tensors.scale(inputs.apply(batch), 1)); // a copy
    List<Section> was = family.sections(original);
    List<Section> is = family.sections(cut);
    int to = from;
    for (int i = from; i < was.size(); i++) {
      to = readsCut(was.get(i)) ? i + 1 : to;
    }
    for (int i = from; i < to; i++) {
      apart = apart || part(was.get(i));
      section(was.get(i), is.get(i));
    }
    return to;
  }

  private boolean readsCut(Section section) {
    return original.architecture().layers().stream()
        .filter(layer -> section.reads(layer.weight()))
        .anyMatch(layer -> layer.in().isCutBy(kept));
  }

  /** Returns what the original says of a batch; asked within a scope, after the reconstruction. */
  NDArray original(int batch) {
    return passed.get(batch);
  }

  /** Returns what the reconstructed network says of a batch; asked within a scope, afterwards. */
  NDArray reconstructed(int batch) {
    return passed.get(apart ? batches.count() + batch : batch);
  }

  private void load(IntFunction<NDArray> inputs) {
    for (int i = 0; i < batches.count(); i++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        passed.put(i, inputs.apply(i));
      }
    }
  }

  /**
   * Returns whether a section is the first that the cut changes. Up to there both networks say the
   * same; now what they pass on is kept for each.
   */
  private boolean part(Section section) {
    boolean changed =
        original.architecture().tensors().stream()
            .filter(tensor -> section.reads(tensor.name()))
            .anyMatch(tensor -> tensor.dimensions().stream().anyMatch(d -> d.isCutBy(kept)));
    for (int i = 0; changed && i < batches.count(); i++) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        passed.put(batches.count() + i, Tensors.scale(passed.get(i), 1)); // a copy
      }
    }
    return changed;
  }

  private List<LayerReconstruction> section(Section was, Section is) {
    List<ReaderSamples> samples = targets(was);
    var unsolved = new HashMap<String, SolvedLayer>();
    samples.forEach(layer -> unsolved.put(layer.reader().module(), layer.reader()));
    var done = new ArrayList<LayerReconstruction>();
    var memory = new SectionMemory(passed, 2 * batches.count(), batches.count());
    for (ReaderSamples layer : samples) {
      done.add(solve(layer, is, unsolved, memory));
      unsolved.remove(layer.reader().module());
      layer.close();
    }
    for (int i = 0; apart && i < batches.count(); i++) {
      int slot = batches.count() + i;
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        Mode mode = Mode.EVALUATE.watched(memory.of(i));
        passed.put(slot, is.forward(passed.get(slot), mode));
      }
    }
    memory.clear();
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
        .filter(wanted)
        .map(reader -> new ReaderSamples(reader, kept, cut, places(reader), manager))
        .toList();
  }

  private SamplePlaces places(SolvedLayer reader) {
    return new SamplePlaces(reader.rows(kept), batches.data().size(), seed);
  }

  private LayerReconstruction solve(
      ReaderSamples layer,
      Section section,
      Map<String, SolvedLayer> unsolved,
      SectionMemory memory) {
    try (LeastSquares squares = layer.squares(manager)) {
      for (int i = 0; i < batches.count(); i++) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray x = passed.get(batches.count() + i);
          ActivationTrace trace =
              ReaderPass.trace(section, x, layer.reader(), unsolved, memory.of(i));
          layer.addTo(squares, i, trace);
        }
      }
      return layer.solve(squares);
    }
  }
}
