package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.tensor.Tensors;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A layer of Llama and its kin: attention in which groups of heads share keys and values, then a
 * feed-forward part, each behind a normalisation of the stream that it is added to. Queries and
 * keys are turned by their positions.
 *
 * @param readBias whether queries, keys and values have biases
 * @param writtenBias whether what attention writes has one
 * @param headNorms whether queries and keys are normalised, head by head
 * @param feedForward the second part
 */
record LlamaBlock(boolean readBias, boolean writtenBias, boolean headNorms, FeedForward feedForward)
    implements DecoderBlock {
  private static final String ATTENTION_NORM = ".input_layernorm";
  private static final String NEURON_NORM = ".post_attention_layernorm";

  /** Neurons with a gate, as most of the family call them. */
  static GatedNeurons neurons(boolean bias) {
    return new GatedNeurons(".gate_proj", ".up_proj", ".down_proj", bias);
  }

  @Override
  public boolean prunedHeads() {
    return false;
  }

  @Override
  public Norm norm() {
    return Norm.RMS;
  }

  @Override
  public void draw(TransformerBuilder builder, String block, int layer) {
    norm().draw(builder, block + ATTENTION_NORM);
    attention().draw(builder, block, layer);
    norm().draw(builder, block + NEURON_NORM);
    feedForward.draw(builder, block, layer);
  }

  @Override
  public Optional<String> fixedStream() {
    return Optional.empty();
  }

  @Override
  public String normBefore(String module) {
    return GroupedAttention.has(module) ? ATTENTION_NORM : NEURON_NORM;
  }

  @Override
  public Optional<Experts> experts() {
    return feedForward.experts();
  }

  @Override
  public NDArray of(TextModules modules, String block, NDArray x, Pass pass) {
    NDArray read = pass.normed(norm(), modules, block + ATTENTION_NORM, x);
    NDArray said = attention().of(modules, block, read, pass);
    NDArray attended =
        Tensors.add(pass.hooks().added(AxisKind.HEADS, block + TextNetwork.HEADS, said, x), x);
    NDArray normed = pass.normed(norm(), modules, block + NEURON_NORM, attended);
    NDArray outer = feedForward.of(modules, block, normed, pass);
    return Tensors.add(
        pass.hooks().added(AxisKind.NEURONS, block + TextNetwork.NEURONS, outer, attended),
        attended);
  }

  private GroupedAttention attention() {
    return new GroupedAttention(
        readBias,
        writtenBias,
        headNorms ? Optional.of(Norm.RMS) : Optional.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty());
  }
}
