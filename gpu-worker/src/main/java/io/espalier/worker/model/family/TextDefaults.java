package io.espalier.worker.model.family;

import java.util.OptionalInt;

/**
 * Defaults of transformers' config classes where config.json is silent.
 *
 * @param vocabulary number of tokens
 * @param hidden width of the residual stream
 * @param layers number of layers
 * @param heads number of heads in each layer
 * @param neurons number of neurons in each layer; empty if that follows from the hidden size
 * @param positions number of positions
 * @param types number of segments
 * @param padding id of the token that fills up
 * @param epsilon that of layer normalisation
 * @param activation that of the feed-forward part
 * @param tied whether the scores of tokens are read off the embedding
 * @param groups number of heads of keys and values in each layer; empty if each head has its own
 * @param headSize width of a head; empty if that follows from the hidden size
 */
public record TextDefaults(
    int vocabulary,
    int hidden,
    int layers,
    int heads,
    OptionalInt neurons,
    int positions,
    int types,
    int padding,
    double epsilon,
    Activation activation,
    boolean tied,
    OptionalInt groups,
    OptionalInt headSize) {

  public static final TextDefaults BERT = likeBert(30522, 12, 2, 0);

  public static final TextDefaults ROBERTA = likeBert(50265, 12, 2, 1);

  public static final TextDefaults DISTILBERT = likeBert(30522, 6, 1, 0);

  public static final TextDefaults GPT2 = likeGpt(50257, 768, 12, 12, 1024, true);

  public static final TextDefaults GPTJ = likeGpt(50400, 4096, 28, 16, 2048, false);

  public static final TextDefaults LLAMA =
      likeLlama(32000, 4096, 32, OptionalInt.empty(), 11008, 2048);

  public static final TextDefaults MISTRAL =
      likeLlama(32000, 4096, 32, OptionalInt.of(8), 14336, 4096 * 32);

  public static final TextDefaults QWEN2 =
      likeLlama(151936, 4096, 32, OptionalInt.of(32), 22016, 32768);

  public static final TextDefaults QWEN3 =
      likeLlama(151936, 4096, 32, OptionalInt.of(32), 22016, 32768).withHeadsOf(128);

  public static final TextDefaults MIXTRAL =
      likeLlama(32000, 4096, 32, OptionalInt.of(8), 14336, 4096 * 32).with(1e-5);

  public static final TextDefaults QWEN3_MOE =
      likeLlama(151936, 2048, 24, OptionalInt.of(4), 6144, 32768);

  public static final TextDefaults QWEN2_MOE =
      likeLlama(151936, 2048, 24, OptionalInt.of(16), 5632, 32768).withHeads(16);

  public static final TextDefaults GEMMA2 = likeGemma(256000, 8192);

  public static final TextDefaults GEMMA3 = likeGemma(262208, 131072);

  private static TextDefaults likeGemma(int vocabulary, int positions) {
    return new TextDefaults(
        vocabulary,
        2304,
        26,
        8,
        OptionalInt.of(9216),
        positions,
        1,
        0,
        1e-6,
        Activation.GELU_TANH,
        true,
        OptionalInt.of(4),
        OptionalInt.of(256));
  }

  private static TextDefaults likeBert(int vocabulary, int layers, int types, int padding) {
    return new TextDefaults(
        vocabulary,
        768,
        layers,
        12,
        OptionalInt.of(3072),
        512,
        types,
        padding,
        1e-12,
        Activation.GELU,
        true,
        OptionalInt.empty(),
        OptionalInt.empty());
  }

  private static TextDefaults likeGpt(
      int vocabulary, int hidden, int layers, int heads, int positions, boolean tied) {
    return new TextDefaults(
        vocabulary,
        hidden,
        layers,
        heads,
        OptionalInt.empty(),
        positions,
        1,
        50256,
        1e-5,
        Activation.GELU_TANH,
        tied,
        OptionalInt.empty(),
        OptionalInt.empty());
  }

  private static TextDefaults likeLlama(
      int vocabulary, int hidden, int layers, OptionalInt groups, int neurons, int positions) {
    return new TextDefaults(
        vocabulary,
        hidden,
        layers,
        32,
        OptionalInt.of(neurons),
        positions,
        1,
        0,
        1e-6,
        Activation.SILU,
        false,
        groups,
        OptionalInt.empty());
  }

  private TextDefaults withHeadsOf(int size) {
    return with(heads, epsilon, OptionalInt.of(size));
  }

  private TextDefaults withHeads(int number) {
    return with(number, epsilon, headSize);
  }

  private TextDefaults with(double anotherEpsilon) {
    return with(heads, anotherEpsilon, headSize);
  }

  private TextDefaults with(int otherHeads, double anotherEpsilon, OptionalInt anotherSize) {
    return new TextDefaults(
        vocabulary,
        hidden,
        layers,
        otherHeads,
        neurons,
        positions,
        types,
        padding,
        anotherEpsilon,
        activation,
        tied,
        groups,
        anotherSize);
  }
}
