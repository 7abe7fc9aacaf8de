package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.tensor.Tensors;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * A layer of Gemma: attention in which groups of heads share keys and values, then a feed-forward
 * part with a gate, each between two normalisations. The scales of these are stored less 1.
 *
 * @param biases whether the linear layers of attention have biases
 * @param headNorms whether queries and keys are normalised, head by head
 * @param scale what scores of attention are multiplied by
 * @param cap what they are then kept within, if they are
 */
record GemmaBlock(boolean biases, boolean headNorms, double scale, OptionalDouble cap)
    implements DecoderBlock {
  private static final String ATTENTION_NORM = ".input_layernorm";
  private static final String ATTENDED_NORM = ".post_attention_layernorm";
  private static final String NEURON_NORM = ".pre_feedforward_layernorm";
  private static final String OUTPUT_NORM = ".post_feedforward_layernorm";
  private static final FeedForward NEURONS = new FeedForward.Dense(LlamaBlock.neurons(false));

  @Override
  public boolean prunedHeads() {
    return false;
  }

  @Override
  public Norm norm() {
    return Norm.RMS_LESS_ONE;
  }

  @Override
  public Optional<String> fixedStream() {
    return Optional.of(
        "Gemma normalises what its layers say, with a scale for each channel, before it is added to"
            + " the stream");
  }

  @Override
  public void draw(TransformerBuilder builder, String block, int layer) {
    norm().draw(builder, block + ATTENTION_NORM);
    attention().draw(builder, block, layer);
    norm().draw(builder, block + ATTENDED_NORM);
    norm().draw(builder, block + NEURON_NORM);
    NEURONS.draw(builder, block, layer);
    norm().draw(builder, block + OUTPUT_NORM);
  }

  @Override
  public NDArray of(TextModules modules, String block, NDArray x, Pass pass) {
    NDArray read = pass.normed(norm(), modules, block + ATTENTION_NORM, x);
    NDArray attended = attention().of(modules, block, read, pass);
    NDArray between = Tensors.add(norm().of(modules, block + ATTENDED_NORM, attended), x);
    NDArray normed = pass.normed(norm(), modules, block + NEURON_NORM, between);
    NDArray said = NEURONS.of(modules, block, normed, pass);
    return Tensors.add(norm().of(modules, block + OUTPUT_NORM, said), between);
  }

  private GroupedAttention attention() {
    Optional<Norm> headNorm = headNorms ? Optional.of(norm()) : Optional.empty();
    return new GroupedAttention(biases, biases, headNorm, OptionalDouble.of(scale), cap);
  }
}
