package io.espalier.worker.domain.model;

import java.util.List;

/**
 * A tensor of an architecture, by its name in the checkpoint.
 *
 * @param name exactly as Hugging Face or timm writes it
 * @param dimensions its dimensions, outermost first
 * @param role what it is for
 */
public record TensorSpec(String name, List<Dimension> dimensions, Role role) {
  /** Role of a tensor: decides whether it is trained, counted or recalibrated. */
  public enum Role {
    /** A trained weight or bias of a convolution or linear layer; counted as a parameter. */
    PARAMETER,
    /**
     * Scale or shift of a normalisation; trained, but not counted in search (as ModelOpt counts).
     */
    NORM_PARAMETER,
    /** Running statistic of a BatchNorm; neither trained nor counted. */
    BUFFER,
    /** Goes along as it is: nothing computes with it, so it may be of any type; not counted. */
    CARRIED
  }

  /** A tensor; the list of dimensions is copied. */
  public TensorSpec {
    dimensions = List.copyOf(dimensions);
  }

  /** Returns whether it is trained. */
  public boolean isTrained() {
    return role == Role.PARAMETER || role == Role.NORM_PARAMETER;
  }

  /** The sizes of its dimensions, outermost first; empty for a scalar. */
  public long[] shape() {
    return dimensions.stream().mapToLong(Dimension::size).toArray();
  }
}
