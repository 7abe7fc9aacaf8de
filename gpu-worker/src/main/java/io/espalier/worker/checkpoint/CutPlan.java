package io.espalier.worker.checkpoint;

import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Works out the cut of every tensor and refuses a choice that cannot be made, before any work. */
final class CutPlan {
  private CutPlan() {}

  static Map<String, Cut> of(ModelDirectory model, Architecture architecture, Kept kept) {
    model.requireShapes(architecture.shapes());
    var problems = new Problems();
    Map<String, Axis> axes =
        architecture.axes().stream().collect(Collectors.toMap(Axis::name, Function.identity()));
    kept.units()
        .forEach((name, units) -> check(name, units, axes, architecture.frozen(), problems));
    problems.throwIfAny();

    Map<String, TensorHeader> tensors = model.tensors();
    var cuts = new LinkedHashMap<String, Cut>();
    for (TensorSpec spec : architecture.tensors()) {
      DType dtype = Objects.requireNonNull(tensors.get(spec.name())).dtype();
      Cut cut = Cut.of(spec, dtype, kept);
      if (!cut.isWholeBytes()) {
        problems.add(
            "%s: tensor '%s': the kept units of %s split a byte, which holds several elements of"
                + " type %s; keep units in multiples that fill bytes",
            model.path(), spec.name(), kept.units().keySet(), dtype);
      }
      cuts.put(spec.name(), cut);
    }
    problems.throwIfAny();
    return cuts;
  }

  private static void check(
      String name,
      int[] units,
      Map<String, Axis> axes,
      Map<String, String> frozen,
      Problems problems) {
    Axis axis = axes.get(name);
    if (axis == null) {
      problems.add(
          "cannot cut axis '%s': the architecture has none of that name%s",
          name,
          SimilarNames.best(name, axes.keySet()).map("; did you mean '%s'?"::formatted).orElse(""));
      return;
    }
    if (units[0] < 0 || units[units.length - 1] >= axis.units()) {
      problems.add(
          "cannot keep units %d to %d of axis '%s': it has units 0 to %d",
          units[0], units[units.length - 1], name, axis.units() - 1);
    }
    if (units.length < axis.units() && frozen.containsKey(name)) {
      problems.add("cannot cut axis '%s': %s", name, frozen.get(name));
    }
  }
}
