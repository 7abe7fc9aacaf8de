package io.espalier.worker.checkpoint.surgery;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.file.SimilarNames;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.domain.Problems;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.domain.model.TensorSpec;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Works out the cut of every tensor and refuses a choice that cannot be made, before any work. */
final class CutPlan {
  private CutPlan() {}

  /** Returns what becomes of the tensors that stay, in the order of the forward pass. */
  static List<Piece> of(ModelDirectory model, Architecture architecture, Kept kept) {
    model.requireShapes(architecture.shapes());
    var problems = new Problems();
    Map<String, Axis> axes = architecture.choices();
    kept.units()
        .forEach((name, units) -> check(name, units, axes, architecture.frozen(), problems));
    problems.throwIfAny();

    Map<String, String> names = architecture.names(kept);
    var choice = new Selection.Choice(kept);
    var pieces = new ArrayList<Piece>();
    for (TensorSpec spec : architecture.tensors()) {
      String name = names.get(spec.name());
      if (name != null) {
        Piece piece = piece(model, spec, name, choice);
        requireWholeBytes(model.path(), piece, kept, problems);
        pieces.add(piece);
      }
    }
    problems.throwIfAny();
    return pieces;
  }

  /** The same for a model that keeps its shape, so that no module may go. */
  static List<Piece> inPlace(ModelDirectory model, Architecture architecture, Kept kept) {
    var problems = new Problems();
    for (Stack stack : architecture.stacks()) {
      if (kept.width(stack.axis()) < stack.axis().units()) {
        problems.add(
            "cannot drop modules '%s*' (axis '%s') and keep the shape: a module of zeros is not one"
                + " that is gone; drop them for good, or keep them all",
            stack.prefix(), stack.axis().name());
      }
    }
    problems.throwIfAny();
    return of(model, architecture, kept).stream().map(Piece::whole).toList();
  }

  private static Piece piece(
      ModelDirectory model, TensorSpec spec, String name, Selection.Choice choice) {
    SafetensorsFile file = model.holder(spec.name());
    DType dtype = file.place(spec.name()).header().dtype();
    Cut cut = Cut.of(spec, dtype, choice);
    return new Piece(file, spec.name(), TensorHeader.of(name, dtype, cut.shape()), cut);
  }

  private static void requireWholeBytes(Path model, Piece piece, Kept kept, Problems problems) {
    if (!piece.cut().isWholeBytes()) {
      problems.add(
          "%s: tensor '%s': the kept units of %s split a byte, which holds several elements of"
              + " type %s; keep units in multiples that fill bytes",
          model, piece.before(), kept.units().keySet(), piece.header().dtype());
    }
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
