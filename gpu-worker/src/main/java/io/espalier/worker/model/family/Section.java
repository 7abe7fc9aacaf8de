package io.espalier.worker.model.family;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * A piece of a network's forward pass, from one place at which a single array passes on to the
 * next.
 *
 * <p>A network is its sections one after another, so what a cut changes begins with the first
 * section that has a cut tensor, and what comes before can be computed once for many cuts.
 *
 * @param modules names of the modules whose tensors it reads, all tensors below them, and of
 *     tensors that belong to no module; no others
 * @param step what it computes
 */
public record Section(List<String> modules, Step step) {
  /** Work of a section. */
  @FunctionalInterface
  public interface Step {
    /** From what passes in to what passes on. */
    NDArray apply(NDArray x, Mode mode);
  }

  /** A section; the list is copied. */
  public Section {
    modules = List.copyOf(modules);
  }

  /** Returns whether it reads a tensor. */
  public boolean reads(String tensor) {
    return modules.stream()
        .anyMatch(module -> tensor.equals(module) || tensor.startsWith(module + "."));
  }

  /** Returns what sections one after another pass on. */
  public static NDArray forward(List<Section> sections, NDArray x, Mode mode) {
    NDArray passed = x;
    for (Section section : sections) {
      passed = section.forward(passed, mode);
    }
    return passed;
  }

  /** Returns what it passes on. */
  public NDArray forward(NDArray x, Mode mode) {
    return step.apply(x, mode);
  }
}
