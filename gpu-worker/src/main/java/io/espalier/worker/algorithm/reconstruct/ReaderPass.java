package io.espalier.worker.algorithm.reconstruct;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.espalier.worker.model.family.LayerHooks;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.model.family.Section;
import io.espalier.worker.tensor.Tensors;
import java.util.Map;
import java.util.function.Supplier;

/**
 * A pass of one batch through a section of the cut network, as far as it takes to see what one
 * layer reads. What settled layers say is computed once and known from then on; layers that are
 * still to be solved for are not computed.
 */
final class ReaderPass implements LayerHooks {
  /** Ends a pass that has shown all that was wanted. */
  private static final class Seen extends RuntimeException {
    private static final long serialVersionUID = 1;

    Seen() {
      super(null, null, false, false);
    }
  }

  private final SolvedLayer reader;
  private final Map<String, SolvedLayer> unsolved;
  private final SectionMemory.Batch memory;
  private final ActivationTrace trace = new ActivationTrace();
  private boolean settled = true;

  private ReaderPass(
      SolvedLayer reader, Map<String, SolvedLayer> unsolved, SectionMemory.Batch memory) {
    this.reader = reader;
    this.unsolved = unsolved;
    this.memory = memory;
  }

  /**
   * Returns what a layer reads, and what is added to what it says.
   *
   * @param unsolved layers of the section that are still to be solved for, this one among them, by
   *     their modules
   * @param x what the section reads
   */
  static ActivationTrace trace(
      Section section,
      NDArray x,
      SolvedLayer reader,
      Map<String, SolvedLayer> unsolved,
      SectionMemory.Batch memory) {
    var pass = new ReaderPass(reader, unsolved, memory);
    try {
      section.forward(x, Mode.EVALUATE.watched(pass));
    } catch (Seen seen) {
      return pass.trace;
    }
    throw new IllegalStateException(
        "layer '%s' was not passed, or nothing was added to it".formatted(reader.module()));
  }

  @Override
  public NDArray said(String module, NDArray x, int padding, Supplier<NDArray> computed) {
    SolvedLayer open = unsolved.get(module);
    if (open != null) {
      settled = false;
      return Tensors.full(x, 0, shape(open, x).getShape()); // nobody looks at its numbers
    }
    return settled ? memory.said(module, computed) : computed.get();
  }

  private static Shape shape(SolvedLayer layer, NDArray x) {
    long batch = x.getShape().get(0);
    if (x.getShape().dimension() == 2) {
      return new Shape(batch, layer.width());
    }
    ConvolutionWindows windows = layer.windows();
    return new Shape(
        batch,
        layer.width(),
        windows.along(x.getShape().get(2)),
        windows.along(x.getShape().get(3)));
  }

  @Override
  public void layer(String module, NDArray x, int padding, NDArray y) {
    trace.layer(module, x, padding, y);
    if (module.equals(reader.module()) && !reader.joined()) {
      throw new Seen();
    }
  }

  @Override
  public void norm(String module, NDArray x, NDArray y) {
    trace.norm(module, x, y);
  }

  @Override
  public void sum(NDArray block, NDArray shortcut) {
    trace.sum(block, shortcut);
    if (reader.joined() && trace.shortcut(reader.module()).isPresent()) {
      throw new Seen();
    }
  }
}
