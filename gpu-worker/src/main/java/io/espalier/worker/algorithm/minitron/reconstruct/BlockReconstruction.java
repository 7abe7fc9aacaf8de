package io.espalier.worker.algorithm.minitron.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.reconstruct.LeastSquares;
import io.espalier.worker.algorithm.reconstruct.LinearMap;
import io.espalier.worker.algorithm.reconstruct.StreamReaders;
import io.espalier.worker.algorithm.reconstruct.transformer.Projection;
import io.espalier.worker.data.TokenBatch;
import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Solves for what a layer of a cut decoder adds to the stream: first by its attention, then by its
 * feed-forward part.
 */
final class BlockReconstruction {
  /*
   * With s the original's stream behind a part, of which the cut model has some channels, and x' and
   * r' what a projection reads and adds to in the network as cut and solved so far [1]:
   *
   *   W', b' = argmin Σ over real tokens of 1/v · |s - r' - W'x' - b'|²
   *
   * v is what the normalisation behind divides squares by [2]. Layers that go are made good by the
   * last projection in front of them: its s is the stream behind the gap [3].
   *
   * [1] Y. He, X. Zhang, J. Sun: Channel Pruning for Accelerating Very Deep Neural Networks, 2017.
   * [2] M. Sun et al.: Massive Activations in Large Language Models, 2024.
   * [3] D. Shopkhoev et al.: ReplaceMe, arXiv 2505.02819.
   */
  private final StreamPair streams;
  private final int layer;
  private final Weights cut;

  /**
   * Reconstruction of one layer.
   *
   * @param layer its number in the original
   * @param cut its weights, which change in place
   */
  BlockReconstruction(StreamPair streams, int layer, Weights cut) {
    this.streams = streams;
    this.layer = layer;
    this.cut = cut;
  }

  private String block() {
    return streams.blueprint().blocks().get(layer);
  }

  /** Returns what reads the stream in the layer, by the normalisation that it stands behind. */
  List<NormReaders> readers() {
    var part = streams.blueprint().pieces().layers().get(layer);
    return NormReaders.of(streams.blueprint(), part, streams.kept());
  }

  /**
   * Solves for what reads the stream behind a normalisation; both streams wait in front of the
   * layer.
   *
   * @param original weights of the original's layer
   */
  List<LayerReconstruction> readers(NormReaders behind, Weights original) {
    if (!speaks(behind.norm())) {
      return List.of();
    }
    int width = streams.blueprint().hidden().units();
    int left = streams.kept().width(streams.blueprint().hidden());
    try (var sums = new StreamReaders(streams.manager(), behind.norm(), left, width)) {
      streams.forEachBatch(
          (batch, tokens) -> {
            int[] real = StreamPair.real(tokens);
            BlockTrace wanted =
                BlockTrace.untilNorm(
                    behind.norm(), hooks -> streams.wanted().passed(layer, original, batch, hooks));
            sums.add(
                Tensors.select(normed(behind.norm(), batch).normed(), 0, real),
                Tensors.select(wanted.normed(), 0, real));
          });
      return behind.readers().stream().map(each -> solved(each, sums, original)).toList();
    }
  }

  private LayerReconstruction solved(
      NormReaders.Reader reader, StreamReaders sums, Weights original) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      LinearMap wanted = NormReaders.wanted(reader, original, streams.kept());
      return NormReaders.solve(reader, sums, wanted, cut).report();
    }
  }

  private BlockTrace normed(String norm, int batch) {
    return BlockTrace.untilNorm(norm, hooks -> streams.found().passed(layer, cut, batch, hooks));
  }

  /** Returns whether a normalisation of the stream can be watched. */
  private boolean speaks(String norm) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return normed(norm, 0).isComplete();
    }
  }

  /**
   * Solves for the output projection of attention; both streams wait in front of the layer.
   *
   * @param original weights of the original's layer
   */
  Optional<LayerReconstruction> attention(Weights original) {
    String axis = block() + TextNetwork.HEADS;
    Optional<Projection> after = Projection.of(cut.architecture(), axis);
    if (after.isEmpty() || !adds(axis)) {
      return Optional.empty();
    }
    Projection projection = after.get();
    try (var squares =
        new LeastSquares(
            streams.manager(), projection.weight(), projection.inputs(), projection.outputs())) {
      streams.forEachBatch(
          (batch, tokens) -> {
            BlockTrace before =
                BlockTrace.untilAdded(
                    axis, hooks -> streams.wanted().passed(layer, original, batch, hooks));
            BlockTrace now = traced(axis, batch);
            int[] real = StreamPair.real(tokens);
            NDArray behind = streams.narrowed(Tensors.add(before.said(), before.before()));
            NDArray stream = wide(behind, real);
            squares.add(
                Tensors.select(now.read(axis), 0, real),
                Tensors.subtract(stream, wide(now.before(), real)),
                streams.importance(stream));
          });
      return Optional.of(solved(squares, projection));
    }
  }

  private static NDArray wide(NDArray rows, int[] real) {
    return Tensors.inDoublePrecision(Tensors.select(rows, 0, real));
  }

  /**
   * Returns whether what a part says is added to the stream as it is, and not normalised before.
   */
  private boolean adds(String axis) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return traced(axis, 0).isComplete();
    }
  }

  private BlockTrace traced(String axis, int batch) {
    return BlockTrace.untilAdded(axis, hooks -> streams.found().passed(layer, cut, batch, hooks));
  }

  private LayerReconstruction solved(LeastSquares squares, Projection projection) {
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      LinearMap plain = projection.map(cut);
      LeastSquares.Solution solution = squares.solve(plain, projection.intercept());
      if (solution.report().solved()) {
        projection.become(solution.map(), cut);
      }
      return solution.report();
    }
  }

  /**
   * Solves for what reads the neurons; the cut model's texts wait in front of the layer, the
   * original's behind it and behind the layers that go after it.
   */
  List<LayerReconstruction> neurons() {
    String axis = block() + TextNetwork.NEURONS;
    if (!adds(axis)) {
      return List.of();
    }
    var reports = new ArrayList<LayerReconstruction>();
    for (List<Projection> members : new FeedForwardParts(streams, layer, cut).groups()) {
      reports.addAll(solved(axis, members));
    }
    return reports;
  }

  private List<LayerReconstruction> solved(String axis, List<Projection> members) {
    var squares = new ArrayList<LeastSquares>();
    try {
      for (Projection each : members) {
        squares.add(
            new LeastSquares(streams.manager(), each.weight(), each.inputs(), each.outputs()));
      }
      streams.forEachBatch((batch, tokens) -> add(squares, axis, members, batch, tokens));
      var reports = new ArrayList<LayerReconstruction>();
      for (int i = 0; i < members.size(); i++) {
        reports.add(solved(squares.get(i), members.get(i)));
      }
      return reports;
    } finally {
      squares.forEach(LeastSquares::close);
    }
  }

  private void add(
      List<LeastSquares> squares,
      String axis,
      List<Projection> members,
      int batch,
      TokenBatch tokens) {
    BlockTrace now = traced(axis, batch);
    NDArray stream = Tensors.inDoublePrecision(streams.wantedRows(batch));
    NDArray importance = streams.importance(stream);
    NDArray missing =
        Tensors.subtract(
            stream,
            Tensors.add(
                Tensors.inDoublePrecision(now.before()), Tensors.inDoublePrecision(now.said())));
    var readers = MemberRows.of(now, members, tokens);
    for (int i = 0; i < members.size(); i++) {
      MemberRows rows = readers.get(i);
      if (rows.tokens().length > 0) {
        NDArray share = Tensors.multiply(Tensors.select(missing, 0, rows.tokens()), rows.share());
        NDArray target = Tensors.add(said(members.get(i), rows), share);
        squares.get(i).add(rows.read(), target, Tensors.select(importance, 0, rows.tokens()));
      }
    }
  }

  /** Returns what a projection adds to each of its tokens as it is: (tokens, hidden), float64. */
  private NDArray said(Projection member, MemberRows rows) {
    LinearMap map = member.map(cut);
    NDArray slope = Tensors.products(Tensors.inDoublePrecision(rows.read()), map.weight());
    return Tensors.add(slope, Tensors.reshape(map.intercept(), 1, map.intercept().size()));
  }
}
