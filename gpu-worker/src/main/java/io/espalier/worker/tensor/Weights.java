package io.espalier.worker.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.checkpoint.safetensors.TensorReader;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.domain.model.TensorSpec.Role;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * The numbers of a model: an array of its own for each tensor, by name, in the architecture's
 * order.
 *
 * <p>Floating-point tensors are float32, whatever the checkpoint stores; {@link #toTensorData}
 * gives them back in the type they were stored in. The arrays live until {@link #close}, whatever
 * scope is open. Reading is safe for several threads; training and calibrating change the arrays in
 * place.
 */
public final class Weights implements AutoCloseable {
  private final Architecture architecture;
  private final NDManager manager;
  private final Map<String, NDArray> arrays = new LinkedHashMap<>();
  private final Map<String, DType> stored = new LinkedHashMap<>();
  private final Map<String, UnaryOperator<NDArray>> readers = new HashMap<>();

  private Weights(Architecture architecture, NDManager manager) {
    this.architecture = architecture;
    this.manager = manager;
  }

  /**
   * Loads a checkpoint's tensors, on a manager of their own.
   *
   * @param architecture what it must hold
   * @throws InvalidInputException if tensors are missing, of another shape, or of a type that
   *     cannot be computed with; names all of them
   */
  public static Weights load(ModelDirectory model, Architecture architecture) {
    requireLoadable(model, architecture);
    return fill(model, new Weights(architecture, PyTorch.newManager()));
  }

  /**
   * Loads a checkpoint's tensors.
   *
   * @param architecture what it must hold
   * @param manager outlives the weights, and closes them at the latest
   * @throws InvalidInputException if tensors are missing, of another shape, or of a type that
   *     cannot be computed with; names all of them
   */
  public static Weights load(ModelDirectory model, Architecture architecture, NDManager manager) {
    requireLoadable(model, architecture);
    return fill(model, new Weights(architecture, manager.newSubManager()));
  }

  /**
   * Loads some of a checkpoint's tensors; the weights know of no others.
   *
   * @param part the {@linkplain Architecture#parts part} of the architecture that they are
   * @param kept units that stay of them, among those of other parts; of each tensor the rows that
   *     stay are read, or all if that is quicker, before the rest is cut, so that memory holds one
   *     of them whole at most and what is left of the others
   * @param manager outlives the weights, and closes them at the latest
   * @throws InvalidInputException if any of them is missing, of another shape, or of a type that
   *     cannot be computed with; names all of them
   */
  public static Weights load(
      ModelDirectory model, Architecture part, Kept kept, NDManager manager) {
    model.requireSomeShapes(part.shapes());
    requireTypes(model, part);
    Kept own = kept.of(part.choices().values());
    var narrow = new Weights(part.keep(own), manager.newSubManager());
    Map<String, String> names = part.names(own);
    for (TensorSpec tensor : loaded(part)) {
      String name = names.get(tensor.name());
      if (name != null) {
        narrow.put(name, model, tensor, own);
      }
    }
    return narrow;
  }

  /**
   * Numbers of no checkpoint, for the caller to close.
   *
   * @param numbers of each of the architecture's tensors, by name
   */
  public static Weights of(Architecture architecture, Map<String, float[]> numbers) {
    var weights = new Weights(architecture, PyTorch.newManager());
    for (TensorSpec tensor : architecture.tensors()) {
      float[] values = Objects.requireNonNull(numbers.get(tensor.name()), tensor.name());
      NDArray array = Tensors.of(weights.manager, values, tensor.shape());
      array.attach(weights.manager);
      weights.put(tensor.name(), DType.F32, array);
    }
    return weights;
  }

  private static Weights fill(ModelDirectory model, Weights weights) {
    for (TensorSpec tensor : loaded(weights.architecture)) {
      weights.put(tensor.name(), model, tensor, Kept.all());
    }
    return weights;
  }

  private void put(String name, ModelDirectory model, TensorSpec tensor, Kept kept) {
    try (TensorReader reader = model.reader(tensor.name())) {
      DType type = reader.tensor().dtype();
      var left = new ArrayList<>(tensor.dimensions());
      NDArray read = read(reader, left, kept);
      if (left.stream().noneMatch(dimension -> dimension.isCutBy(kept))) {
        put(name, type, read);
        return;
      }
      try (read;
          var scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        put(name, type, select(read, left, kept));
      }
    }
  }

  /**
   * Returns what is read of a tensor: all of it, or the rows that stay where that takes less.
   *
   * @param dimensions those of the tensor, then those of what was read
   */
  private NDArray read(TensorReader reader, List<Dimension> dimensions, Kept kept) {
    if (!dimensions.isEmpty() && dimensions.get(0).isCutBy(kept)) {
      int[] rows = dimensions.get(0).indices(kept);
      if (new RowRuns(reader.tensor(), rows).pay()) {
        dimensions.set(0, Dimension.fixed(rows.length));
        return StoredTensor.load(reader, rows, manager);
      }
    }
    return StoredTensor.load(reader, manager);
  }

  private static void requireLoadable(ModelDirectory model, Architecture architecture) {
    model.requireShapes(architecture.shapes());
    requireTypes(model, architecture);
  }

  private static void requireTypes(ModelDirectory model, Architecture architecture) {
    List<String> problems =
        loaded(architecture).stream()
            .map(tensor -> model.tensors().get(tensor.name()))
            .filter(tensor -> !StoredTensor.supports(tensor.dtype()))
            .map(tensor -> unsupported(model, tensor))
            .toList();
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  private static List<TensorSpec> loaded(Architecture architecture) {
    return architecture.tensors().stream().filter(tensor -> tensor.role() != Role.CARRIED).toList();
  }

  private static String unsupported(ModelDirectory model, TensorHeader tensor) {
    return "%s: tensor '%s' is of type %s, but F32, F16, BF16, F64 or I64 was wanted"
        .formatted(model.path(), tensor.name(), tensor.dtype());
  }

  /** Returns what these weights are the numbers of; widths are theirs. */
  public Architecture architecture() {
    return architecture;
  }

  /**
   * The array of a tensor; owned by these weights.
   *
   * @throws IllegalArgumentException if there is none of that name
   */
  public NDArray get(String name) {
    NDArray array = arrays.get(name);
    if (array == null) {
      throw new IllegalArgumentException(
          "%s has no tensor '%s' among its %d".formatted(architecture.name(), name, arrays.size()));
    }
    return array;
  }

  /** Returns whether there is a tensor of that name. */
  public boolean has(String name) {
    return arrays.containsKey(name);
  }

  /** Names of all tensors, in the architecture's order. */
  public List<String> names() {
    return List.copyOf(arrays.keySet());
  }

  /** Names of the tensors whose numbers are no whole ones, in the architecture's order. */
  public List<String> fractions() {
    return names().stream().filter(name -> get(name).getDataType() != DataType.INT64).toList();
  }

  /** Names of the tensors that are trained, in the architecture's order. */
  public List<String> trainable() {
    return architecture.tensors().stream()
        .filter(TensorSpec::isTrained)
        .map(TensorSpec::name)
        .toList();
  }

  /**
   * Sets whether {@link Gradients} computes the gradient of every tensor that is trained; at first
   * not.
   */
  public void requireGradients(boolean required) {
    trainable().forEach(name -> Gradients.require(get(name), required));
  }

  /** The gradient that has added up in a tensor, in the scope of the caller. */
  public NDArray gradient(String name) {
    return Gradients.at(get(name));
  }

  /** Sets all gradients to zero. */
  public void clearGradients() {
    trainable().forEach(name -> Gradients.clear(get(name)));
  }

  /**
   * A copy with only the kept units, in every tensor along a cut axis, and without the modules that
   * do not stay; does not require gradients.
   *
   * @throws IllegalArgumentException if the cut names an axis or a unit that does not exist
   */
  public Weights keep(Kept kept) {
    Architecture narrower = architecture.keep(kept);
    Map<String, String> names = architecture.names(kept);
    return derive(narrower, names, (tensor, array) -> select(array, tensor.dimensions(), kept));
  }

  /** A copy in float64, for checks that need the precision; stored as before. */
  public Weights inDoublePrecision() {
    return derive(
        architecture,
        architecture.names(Kept.all()),
        (tensor, array) ->
            array.getDataType() == DataType.FLOAT32 ? array.toType(DataType.FLOAT64, true) : array);
  }

  /** The tensors as they are stored, each in its type, in buffers of their own. */
  public Map<String, TensorData> toTensorData() {
    var data = new LinkedHashMap<String, TensorData>();
    arrays.forEach((name, array) -> data.put(name, StoredTensor.store(array, type(name))));
    return data;
  }

  /** Some of the tensors as they are stored, each in its type. */
  public Map<String, TensorData> toTensorData(Collection<String> names) {
    var data = new LinkedHashMap<String, TensorData>();
    names.forEach(name -> data.put(name, StoredTensor.store(get(name), type(name))));
    return data;
  }

  /** Some of the tensors as they are computed with, in float32 whatever they are stored in. */
  public Map<String, TensorData> toSinglePrecision(Collection<String> names) {
    var data = new LinkedHashMap<String, TensorData>();
    names.forEach(name -> data.put(name, StoredTensor.store(get(name), DType.F32)));
    return data;
  }

  /**
   * Takes the numbers of a file's tensors in place of its own of the same names.
   *
   * @throws IllegalArgumentException if there is none of a name, or it has another shape
   */
  public void take(SafetensorsFile file) {
    for (String name : file.tensors().keySet()) {
      try (TensorReader reader = file.reader(name)) {
        NDArray before = get(name);
        NDArray taken = StoredTensor.load(reader, manager);
        if (!taken.getShape().equals(before.getShape())) {
          throw new IllegalArgumentException(
              "tensor '%s' is %s, but %s of %s was to take its place"
                  .formatted(name, before.getShape(), taken.getShape(), file.path()));
        }
        put(name, type(name), taken);
        before.close();
      }
    }
  }

  /**
   * Takes other numbers in place of a tensor's own, in float32.
   *
   * @param filler writes them stretch by stretch, in the machine's order of bytes
   * @throws IllegalArgumentException if there is no tensor of that name
   */
  public void refill(String name, Tensors.Filler filler) {
    NDArray before = get(name);
    NDArray filled = Tensors.filled(manager, before.getShape(), DataType.FLOAT32, filler);
    put(name, type(name), filled);
    before.close();
  }

  /** Sets what a linear layer makes of what comes in before it is multiplied by the weight. */
  public void readThrough(String module, UnaryOperator<NDArray> reader) {
    readers.put(module, reader);
  }

  /**
   * Returns what a linear layer reads of what comes in: that, unless it reads through something.
   */
  public NDArray read(String module, NDArray x) {
    UnaryOperator<NDArray> reader = readers.get(module);
    return reader == null ? x : reader.apply(x);
  }

  /** Frees the arrays. */
  @Override
  public void close() {
    manager.close();
  }

  private interface Derivation {
    NDArray of(TensorSpec tensor, NDArray array);
  }

  private Weights derive(Architecture target, Map<String, String> names, Derivation derivation) {
    var derived = new Weights(target, manager.getParentManager().newSubManager());
    try (var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (TensorSpec tensor : loaded(architecture)) {
        String name = names.get(tensor.name());
        if (name != null) {
          NDArray copy = derivation.of(tensor, get(tensor.name())).duplicate();
          copy.attach(derived.manager);
          derived.put(name, type(tensor.name()), copy);
        }
      }
    }
    return derived;
  }

  private DType type(String name) {
    return stored.getOrDefault(name, DType.F32);
  }

  private void put(String name, DType type, NDArray array) {
    NDScope.unregister(array);
    arrays.put(name, array);
    stored.put(name, type);
  }

  private static NDArray select(NDArray array, List<Dimension> dimensions, Kept kept) {
    NDArray selected = array;
    for (int axis = 0; axis < dimensions.size(); axis++) {
      if (dimensions.get(axis).isCutBy(kept)) {
        selected = Tensors.select(selected, axis, dimensions.get(axis).indices(kept));
      }
    }
    return selected;
  }
}
