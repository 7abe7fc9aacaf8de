package io.espalier.worker.algorithm.reconstruct.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Tensors;
import org.jspecify.annotations.Nullable;

/**
 * Input of one projection in a pass, and the stream around it. The arrays live as long as the scope
 * of the pass.
 */
final class StreamTrace implements ForwardHooks {
  private final String axis;
  private @Nullable NDArray read;
  private @Nullable NDArray said;
  private @Nullable NDArray stream;

  /**
   * A trace of nothing yet.
   *
   * @param axis name of the axis of what the projection reads
   */
  StreamTrace(String axis) {
    this.axis = axis;
  }

  @Override
  public NDArray heads(String name, NDArray context) {
    if (name.equals(axis)) {
      NDArray byToken = Tensors.transpose(context, 1, 2); // (batch, tokens, heads, head size)
      var shape = byToken.getShape();
      read = Tensors.reshape(byToken, shape.get(0), shape.get(1), shape.get(2) * shape.get(3));
    }
    return context;
  }

  @Override
  public NDArray activated(String name, NDArray activated) {
    if (name.equals(axis)) {
      read = activated;
    }
    return activated;
  }

  @Override
  public NDArray added(AxisKind part, String name, NDArray output, NDArray before) {
    if (name.equals(axis)) {
      said = output;
      stream = before;
    }
    return output;
  }

  /** Returns what the projection read: (batch, tokens, inputs). */
  NDArray read() {
    return passed(read);
  }

  /** The stream that it added to: (batch, tokens, hidden). */
  NDArray before() {
    return passed(stream);
  }

  /** The stream with what it added. */
  NDArray after() {
    return Tensors.add(passed(said), passed(stream));
  }

  private NDArray passed(@Nullable NDArray array) {
    if (array == null) {
      throw new IllegalStateException("nothing passed at '%s'".formatted(axis));
    }
    return array;
  }
}
