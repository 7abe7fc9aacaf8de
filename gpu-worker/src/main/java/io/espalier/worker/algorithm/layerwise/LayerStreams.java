package io.espalier.worker.algorithm.layerwise;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.espalier.worker.algorithm.minitron.measure.LayerwiseForward;
import io.espalier.worker.algorithm.minitron.measure.MemoryLimits;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Tensors;
import io.espalier.worker.tensor.Weights;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * The same texts on their way through a teacher and a student, side by side. The student's wait in
 * front of the layer that learns, the teacher's where that layer is to bring them.
 */
final class LayerStreams implements AutoCloseable {
  private static final double SMALLEST_ENERGY = 1e-12;

  private final LayerTexts texts;
  private final boolean centres;
  private final LayerOrigins origins;
  private final LayerwiseForward teacher;
  private final LayerwiseForward student;
  private final NDManager manager = PyTorch.newManager();

  /**
   * Texts that wait in front of the first layers.
   *
   * @param origins of the student's stream in the teacher's
   * @param room for both streams together
   * @param directory for what there is no room for
   */
  LayerStreams(
      DecoderBlueprint teacher,
      DecoderBlueprint student,
      LayerOrigins origins,
      LayerTexts texts,
      MemoryLimits room,
      Path directory) {
    this.texts = texts;
    this.centres = teacher.network().centresStream();
    this.origins = origins;
    var half = new MemoryLimits(room.stateBytes() / 2, room.sliceBytes());
    this.teacher = new LayerwiseForward(teacher, texts, half, directory);
    this.student = new LayerwiseForward(student, texts, half, directory);
    this.teacher.embed(Kept.all());
    this.student.embed(Kept.all());
  }

  LayerTexts texts() {
    return texts;
  }

  /** Passes the teacher's texts through its layers from one up to (excluding) another. */
  void advanceTeacher(int from, int to) {
    List<Integer> layers = IntStream.range(from, to).boxed().toList();
    teacher.groups(layers).forEach(group -> teacher.layers(group, Kept.all()));
  }

  /** Passes the student's texts through a layer. */
  void advanceStudent(int layer, Weights weights) {
    student.advance(layer, weights);
  }

  /** The weights of a layer of the student, for the caller to close. */
  Weights studentLayer(int layer) {
    return student.layer(layer, Kept.all());
  }

  /** Number of real tokens of a batch. */
  long tokens(int batch) {
    return LongStream.of(texts.get(batch).mask()).sum();
  }

  /**
   * Target of a layer for a batch.
   *
   * @param stream (batch, tokens, hidden)
   * @param factors weight of each token's squared error, (batch, tokens, 1); of padding 0
   */
  record Wanted(NDArray stream, NDArray factors) {}

  /**
   * Returns what a layer is to make of a batch, in the open scope. A token weighs one part in what
   * the next normalisation divides its square by, variance or mean square: what is large is not
   * what matters.
   */
  Wanted wanted(int batch) {
    NDArray state = teacher.state(batch);
    NDArray stream = ofStudent(state);
    long[] shape = stream.getShape().getShape();
    NDArray centred = centres ? Tensors.subtract(stream, mean(stream)) : stream;
    NDArray energy = Tensors.atLeast(mean(Tensors.square(centred)), SMALLEST_ENERGY);
    float[] mask = new float[Math.toIntExact(shape[0] * shape[1])];
    long[] real = texts.get(batch).mask();
    for (int i = 0; i < mask.length; i++) {
      mask[i] = real[i];
    }
    NDArray factors =
        Tensors.scale(
            Tensors.divide(Tensors.of(manager, mask, shape[0], shape[1], 1), energy),
            1.0 / shape[2]);
    return new Wanted(stream, factors);
  }

  /** Returns the teacher's stream as the student has it: (batch, tokens, its hidden size). */
  private NDArray ofStudent(NDArray state) {
    if (origins.directions().isPresent()) {
      var directions = origins.directions().get();
      NDArray rows = Tensors.of(manager, directions.rows(), directions.count(), directions.width());
      return Tensors.matMul(state, Tensors.transpose(rows, 0, 1));
    }
    return origins.channels().isEmpty()
        ? state
        : Tensors.select(
            state, 2, origins.channels().stream().mapToInt(Integer::intValue).toArray());
  }

  private static NDArray mean(NDArray x) {
    long[] shape = x.getShape().getShape();
    NDArray sum = Tensors.reshape(Tensors.sum(x, 2), shape[0], shape[1], 1);
    return Tensors.scale(sum, 1.0 / shape[2]);
  }

  /**
   * Returns the sum over real tokens of the squared error of what a layer of the student makes of a
   * batch, as a share of the teacher's square; differentiable by the weights.
   */
  NDArray error(int layer, Weights weights, int batch, Wanted wanted) {
    NDArray found = student.passed(layer, weights, batch, ForwardHooks.NONE);
    NDArray squares = Tensors.square(Tensors.subtract(found, wanted.stream()));
    return Tensors.sum(Tensors.multiply(squares, wanted.factors()));
  }

  @Override
  public void close() {
    teacher.close();
    student.close();
    manager.close();
  }
}
