package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.model.family.DimensionSpec;
import io.espalier.worker.model.transformer.DecoderBlock.Pass;
import io.espalier.worker.tensor.Tensors;

/**
 * A feed-forward part with a gate: neurons that are multiplied by what another layer says behind an
 * activation.
 *
 * @param gate in the part, the layer that says what neurons are multiplied by
 * @param inner the layer that gives the neurons
 * @param outer the layer that reads them
 * @param bias whether all three have biases
 */
record GatedNeurons(String gate, String inner, String outer, boolean bias) {
  /**
   * Adds its tensors and layers.
   *
   * @param tokens how many tokens of a sequence it reads
   */
  void draw(TransformerBuilder builder, String module, DimensionSpec neurons, int tokens) {
    builder.linear(module + gate, neurons, TransformerBuilder.HIDDEN, bias, tokens);
    builder.linear(module + inner, neurons, TransformerBuilder.HIDDEN, bias, tokens);
    builder.linear(module + outer, TransformerBuilder.HIDDEN, neurons, bias, tokens);
  }

  /**
   * Returns what it makes of the normalised stream: (batch, tokens, hidden), same after.
   *
   * @param axis name of the axis of its neurons
   */
  NDArray of(TextModules modules, String module, String axis, NDArray x, Pass pass) {
    NDArray opened =
        pass.activation().of(modules.dense(module + gate, x)); // (batch, tokens, neurons)
    NDArray neurons = pass.hooks().neurons(axis, modules.dense(module + inner, x));
    NDArray activated = pass.hooks().activated(axis, Tensors.multiply(opened, neurons));
    return modules.dense(module + outer, activated);
  }
}
