package io.espalier.worker.algorithm.minitron.rotate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.checkpoint.surgery.ComputedTensors;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.transformer.StreamTensors;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.StoredRows;
import io.espalier.worker.tensor.Tensors;
import java.io.IOException;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The tensors of a model whose stream runs along other orthonormal directions D, one a row: x
 * becomes D · x. Weights w of its normalisations go into what reads them, W · diag(w) · Dᵀ, and are
 * 1 themselves; what writes to it becomes D · W, its bias D · b, the embedding E · Dᵀ. The model
 * says what it said.
 *
 * <p>What is stored in float32 or float64 is computed in float64, what is shorter in float32;
 * either is rounded to the stored type once. Memory holds the directions and one weight that
 * writes, or some rows of another.
 */
final class StreamRotation implements ComputedTensors, AutoCloseable {
  /** Elements of a stretch of rows that is computed at once. */
  private static final int STRETCH = 1 << 22;

  private static final double LARGEST_HALF = 65_504;

  private static final Set<DType> LONG = EnumSet.of(DType.F32, DType.F64);

  private final ModelDirectory model;
  private final StreamTensors stream;
  private final Map<String, TensorSpec> along = new LinkedHashMap<>();
  private final Axis hidden;
  private final int width;
  private final NDManager manager = PyTorch.newManager();
  private final NDArray exact; // (directions, hidden), float64
  private final NDArray single;

  /** Makes a rotation of a model's stream. */
  StreamRotation(DecoderBlueprint blueprint, StreamDirections directions) {
    this.model = blueprint.model().directory();
    this.stream = blueprint.network().streamTensors(blueprint.architecture());
    this.hidden = blueprint.hidden();
    this.width = directions.width();
    for (TensorSpec tensor : blueprint.architecture().tensors()) {
      if (tensor.dimensions().stream().anyMatch(d -> d.isAlong(hidden))) {
        along.put(tensor.name(), tensor);
      }
    }
    this.exact = Tensors.of(manager, directions.rows(), width, width);
    this.single = Tensors.inTypeOf(Tensors.of(manager, new float[1], 1), exact);
  }

  @Override
  public boolean computes(String tensor) {
    return along.containsKey(tensor) || stream.norms().containsKey(tensor);
  }

  @Override
  public void write(TensorHeader tensor, Bytes bytes) throws IOException {
    String name = tensor.name();
    if (stream.norms().containsValue(name)) {
      bytes.put(StoredRows.constant(1, width, tensor.dtype()).bytes());
    } else if (stream.norms().containsKey(name)) {
      String source = stream.untied().getOrDefault(name, name);
      writeReader(tensor, source, Optional.of(stream.norms().get(name)), bytes);
    } else if (writes(name)) {
      writeWriter(tensor, bytes);
    } else {
      writeReader(tensor, name, Optional.empty(), bytes); // the embedding
    }
  }

  private boolean writes(String tensor) {
    return Objects.requireNonNull(along.get(tensor)).dimensions().get(0).isAlong(hidden);
  }

  /** Computes (out, hidden) by rows: each by itself becomes D · diag(norm) · row. */
  private void writeReader(TensorHeader tensor, String source, Optional<String> norm, Bytes bytes)
      throws IOException {
    int rows = Math.toIntExact(tensor.shape()[0]);
    int step = Math.max(1, STRETCH / width);
    for (int from = 0; from < rows; from += step) {
      try (var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray read = StoredRows.load(model, source, from, Math.min(from + step, rows), manager);
        NDArray x = precise(tensor, read);
        if (norm.isPresent()) {
          x = Tensors.multiply(x, precise(tensor, StoredRows.load(model, norm.get(), manager)));
        }
        put(tensor, Tensors.products(x, directions(tensor)), bytes);
      }
    }
  }

  /** Computes (hidden, in), or (hidden) of a bias, by directions. */
  private void writeWriter(TensorHeader tensor, Bytes bytes) throws IOException {
    long[] shape = tensor.shape();
    long columns = shape.length == 1 ? 1 : shape[1];
    int step = (int) Math.max(1, Math.min(width, STRETCH / columns));
    try (var all = new NDScope()) {
      all.suppressNotUsedWarning();
      NDArray read = StoredRows.load(model, tensor.name(), manager);
      NDArray whole = precise(tensor, Tensors.reshape(read, width, columns));
      for (int from = 0; from < width; from += step) {
        try (var scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          NDArray some = Tensors.slice(directions(tensor), 0, from, Math.min(from + step, width));
          put(tensor, Tensors.matMul(some, whole), bytes);
        }
      }
    }
  }

  private NDArray directions(TensorHeader tensor) {
    return LONG.contains(tensor.dtype()) ? exact : single;
  }

  private NDArray precise(TensorHeader tensor, NDArray x) {
    return Tensors.inTypeOf(directions(tensor), x);
  }

  private void put(TensorHeader tensor, NDArray computed, Bytes bytes) throws IOException {
    NDArray largest =
        Tensors.largest(Tensors.reshape(Tensors.magnitude(computed), computed.size()), 0);
    double found = Tensors.inDoublePrecision(largest).getDouble();
    double most = tensor.dtype() == DType.F16 ? LARGEST_HALF : Float.MAX_VALUE;
    if (!(found <= most)) {
      throw new InvalidInputException(
          "%s: tensor '%s' would be %s in its rotated stream, which type %s cannot hold; ask for hidden: channels"
              .formatted(model.path(), tensor.name(), found, tensor.dtype()));
    }
    bytes.put(StoredRows.bytes(computed, tensor.dtype()));
  }

  @Override
  public void close() {
    manager.close();
  }
}
