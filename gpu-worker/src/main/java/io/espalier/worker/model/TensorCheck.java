package io.espalier.worker.model;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.TensorSpec;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** Check that a checkpoint has the tensors that an architecture needs. */
final class TensorCheck {
  private static final Set<DType> FLOATS = EnumSet.of(DType.F32, DType.F16, DType.BF16, DType.F64);

  private TensorCheck() {}

  /**
   * Returns what is wrong with shapes and types, in words; one sentence if it is what all names
   * begin with.
   *
   * @param drawing the architecture of tensors by their names and shapes
   */
  static List<String> problems(
      ModelDirectory directory, Function<Map<String, long[]>, Architecture> drawing) {
    Architecture architecture = drawing.apply(directory.shapes());
    var problems = new ArrayList<String>();
    try {
      directory.requireShapes(architecture.shapes());
    } catch (InvalidInputException e) {
      Optional<String> wrapped = WrappedNames.problem(directory, drawing);
      if (wrapped.isPresent()) {
        return List.of(wrapped.get());
      }
      problems.addAll(e.problems());
    }
    problems.addAll(types(directory, architecture));
    return problems;
  }

  /** Integers are for counters only: a network of them would have to be dequantized first. */
  private static List<String> types(ModelDirectory directory, Architecture architecture) {
    Map<String, TensorHeader> tensors = directory.tensors();
    var problems = new ArrayList<String>();
    for (TensorSpec wanted : architecture.tensors()) {
      TensorHeader found = tensors.get(wanted.name());
      boolean counter = wanted.role() == TensorSpec.Role.BUFFER;
      if (found != null
          && wanted.role() != TensorSpec.Role.CARRIED
          && !FLOATS.contains(found.dtype())
          && !(counter && found.dtype() == DType.I64)) {
        problems.add(
            "%s: tensor '%s': wanted one of %s, found %s; store it as floating point"
                .formatted(directory.path(), wanted.name(), FLOATS, found.dtype()));
      }
    }
    return problems;
  }
}
