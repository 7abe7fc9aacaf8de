package io.espalier.worker.algorithm.minitron.reconstruct;

import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward.Slice;
import io.espalier.worker.algorithm.reconstruct.LinearMap;
import io.espalier.worker.algorithm.reconstruct.SolvedLayers;
import io.espalier.worker.algorithm.reconstruct.StreamReaders;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Solves for what gives the scores of tokens, where the stream that it reads lost channels: slice
 * by slice of the vocabulary, behind the last normalisation. Where it is the embedding itself it
 * stays as it was cut.
 */
final class EndReconstruction {
  /** Bytes of a slice of the weights in float64, of which there are a few copies at a time. */
  private static final long SLICE_BYTES = 64L << 20;

  private final StreamPair streams;
  private final SolvedLayers solved;

  /** Reconstruction of the end; both streams wait behind the last layer. */
  EndReconstruction(StreamPair streams, SolvedLayers solved) {
    this.streams = streams;
    this.solved = solved;
  }

  /** The vocabulary in slices. */
  List<Slice> slices() {
    int all = streams.blueprint().vocabulary().units();
    long rowBytes = (long) streams.blueprint().hidden().units() * Double.BYTES;
    int size = (int) Math.min(all, Math.max(1, SLICE_BYTES / rowBytes));
    var slices = new ArrayList<Slice>();
    for (int from = 0; from < all; from += size) {
      slices.add(new Slice(from, Math.min(from + size, all)));
    }
    return slices;
  }

  /** The number under which what is solved for a slice is kept, behind those of layers. */
  int part(int slice) {
    return streams.blueprint().blocks().size() + slice;
  }

  /** The cut model's weights of a slice, for the caller to close: solved for if they were. */
  Weights end(int slice) {
    Weights end = streams.found().end(streams.kept(), slices().get(slice));
    solved.load(part(slice), end);
    return end;
  }

  /** Solves; nothing where the stream is the original's. */
  List<LayerReconstruction> run() {
    Optional<NormReaders> readers =
        NormReaders.of(streams.blueprint(), streams.blueprint().pieces().end(), streams.kept())
            .stream()
            .findFirst();
    if (!streams.isNarrower() || readers.isEmpty()) {
      return List.of();
    }
    String norm = readers.get().norm();
    int width = streams.blueprint().hidden().units();
    int left = streams.kept().width(streams.blueprint().hidden());
    try (var sums = new StreamReaders(streams.manager(), norm, left, width)) {
      add(sums);
      return readers.get().readers().stream().map(reader -> solve(reader, sums)).toList();
    }
  }

  private void add(StreamReaders sums) {
    Slice any = new Slice(0, 1); // the normalisation is all that counts
    try (Weights original = streams.wanted().end(Kept.all(), any);
        Weights cut = streams.found().end(streams.kept(), any)) {
      streams.forEachBatch(
          (batch, tokens) -> {
            int[] real = StreamPair.real(tokens);
            sums.add(
                Tensors.select(BlockTrace.rows(streams.found().last(cut, batch)), 0, real),
                Tensors.select(BlockTrace.rows(streams.wanted().last(original, batch)), 0, real));
          });
    }
  }

  private LayerReconstruction solve(NormReaders.Reader reader, StreamReaders sums) {
    var all = new SliceReports();
    List<Slice> slices = slices();
    for (int i = 0; i < slices.size(); i++) {
      try (Weights original = streams.wanted().end(Kept.all(), slices.get(i));
          Weights cut = streams.found().end(streams.kept(), slices.get(i));
          var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        LinearMap wanted = reader.original().map(original);
        LayerReconstruction found = NormReaders.solve(reader, sums, wanted, cut).report();
        all.add(found, sums.spread(wanted));
        solved.save(part(i), List.of(found), cut);
      }
    }
    return all.together();
  }

  /** Writes what was solved for into the cut model's files. */
  void write(SolvedLayers.Target target) {
    List<Slice> slices = slices();
    for (int i = 0; i < slices.size(); i++) {
      solved.write(part(i), slices.get(i).from(), target);
    }
  }

  /** Deletes what is kept for a later attempt. */
  void delete() {
    for (int i = 0; i < slices().size(); i++) {
      solved.delete(part(i));
    }
  }

  /** Results of slices, as of one layer: errors by what they vary, the largest ridge. */
  private static final class SliceReports {
    private final List<LayerReconstruction> reports = new ArrayList<>();
    private double before;
    private double after;
    private double spread;

    void add(LayerReconstruction report, double varies) {
      reports.add(report);
      before += report.errorBefore() * varies;
      after += report.errorAfter() * varies;
      spread += varies;
    }

    LayerReconstruction together() {
      LayerReconstruction first = reports.get(0);
      return new LayerReconstruction(
          first.layer(),
          before / spread,
          after / spread,
          reports.stream().mapToDouble(LayerReconstruction::lambda).max().orElseThrow(),
          reports.stream().anyMatch(LayerReconstruction::solved),
          first.samples(),
          first.unknowns());
    }
  }
}
