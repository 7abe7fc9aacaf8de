package io.espalier.worker.model.family;

import ai.djl.ndarray.NDArray;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.tensor.Weights;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A network that reads tokens, as its config.json describes it; widths of layers are those of the
 * weights at hand.
 *
 * <p>Its prunable axes are, for each layer, its attention heads and the neurons of its feed-forward
 * part; where heads share keys and values, only the neurons can be cut without the others.
 */
public interface TextNetwork extends MaskableNetwork {
  /** Returns what it takes. */
  TextInput input();

  /**
   * Returns what versions of transformers take for different things in its config, in sentences.
   */
  List<String> warnings();

  /** Returns what is wrong with tensors that its config ties to others, in sentences. */
  List<String> untied(ModelDirectory directory);

  /** The module that scores tokens by the embedding's weight, if one does. */
  default Optional<String> sharingOutput() {
    return Optional.empty();
  }

  /**
   * How names of axes of groups of attention heads end, each of which has one head of keys and
   * values: group g of G has the heads from g · H / G up to (excluding) (g + 1) · H / G. In a
   * family that has them they are axes of their own even where each head is a group.
   */
  String GROUPS = "." + AxisKind.GROUPS.key();

  /** Suffix of names of expert axes. */
  String EXPERTS = "." + AxisKind.EXPERTS.key();

  /**
   * Returns what it is made of.
   *
   * @param shapes tensors' shapes by name; of a checkpoint that holds none, all widths are those of
   *     the config
   * @param tokens length of the sequences that operations are counted for
   * @throws io.espalier.worker.domain.InvalidInputException if tensors and config do not fit
   */
  Architecture architecture(Map<String, long[]> shapes, int tokens);

  /**
   * The last hidden state, as Hugging Face's library returns it: in decoders after the final
   * normalisation.
   *
   * @return (batch, tokens, hidden)
   */
  NDArray encode(Weights weights, Tokens tokens, ForwardHooks hooks);

  /**
   * Returns what the model says of tokens, by its task:
   *
   * <ul>
   *   <li>question-answering: scores of being the first and the last token of the answer, (batch,
   *       tokens, 2)
   *   <li>text-classification: scores of labels, (batch, labels)
   *   <li>token-classification: scores of labels, (batch, tokens, labels)
   *   <li>fill-mask, text-generation: scores of tokens, (batch, tokens, vocabulary)
   *   <li>feature-extraction: the mean of the last hidden states of real tokens, (batch, hidden)
   * </ul>
   *
   * All scores are before softmax.
   */
  NDArray forward(Weights weights, Tokens tokens, ForwardHooks hooks);
}
