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

  public static final TextDefaults BERT = likeBert().vocabulary(30522).layers(12).types(2).build();

  public static final TextDefaults ROBERTA =
      likeBert().vocabulary(50265).layers(12).types(2).padding(1).build();

  public static final TextDefaults DISTILBERT = likeBert().vocabulary(30522).layers(6).build();

  public static final TextDefaults GPT2 =
      likeGpt().vocabulary(50257).hidden(768).layers(12).heads(12).positions(1024).build();

  public static final TextDefaults GPTJ =
      likeGpt()
          .vocabulary(50400)
          .hidden(4096)
          .layers(28)
          .heads(16)
          .positions(2048)
          .tied(false)
          .build();

  public static final TextDefaults LLAMA =
      likeLlama().vocabulary(32000).neurons(11008).positions(2048).build();

  public static final TextDefaults MISTRAL = likeMistral().build();

  public static final TextDefaults QWEN2 = likeQwen().groups(32).neurons(22016).build();

  public static final TextDefaults QWEN3 =
      likeQwen().groups(32).neurons(22016).headSize(128).build();

  public static final TextDefaults MIXTRAL = likeMistral().epsilon(1e-5).build();

  public static final TextDefaults QWEN3_MOE =
      likeQwen().hidden(2048).layers(24).groups(4).neurons(6144).build();

  public static final TextDefaults QWEN2_MOE =
      likeQwen().hidden(2048).layers(24).groups(16).neurons(5632).heads(16).build();

  public static final TextDefaults GEMMA2 = likeGemma().vocabulary(256000).positions(8192).build();

  public static final TextDefaults GEMMA3 =
      likeGemma().vocabulary(262208).positions(131072).build();

  private static Builder likeBert() {
    return new Builder()
        .hidden(768)
        .heads(12)
        .neurons(3072)
        .positions(512)
        .epsilon(1e-12)
        .activation(Activation.GELU)
        .tied(true);
  }

  private static Builder likeGpt() {
    return new Builder().padding(50256).epsilon(1e-5).activation(Activation.GELU_TANH).tied(true);
  }

  private static Builder likeLlama() {
    return new Builder().hidden(4096).layers(32).heads(32).activation(Activation.SILU);
  }

  private static Builder likeMistral() {
    return likeLlama().vocabulary(32000).groups(8).neurons(14336).positions(4096 * 32);
  }

  private static Builder likeQwen() {
    return likeLlama().vocabulary(151936).positions(32768);
  }

  private static Builder likeGemma() {
    return new Builder()
        .hidden(2304)
        .layers(26)
        .heads(8)
        .neurons(9216)
        .activation(Activation.GELU_TANH)
        .tied(true)
        .groups(4)
        .headSize(256);
  }

  /** Defaults by their names. */
  private static final class Builder {
    private int vocabulary;
    private int hidden;
    private int layers;
    private int heads;
    private OptionalInt neurons = OptionalInt.empty();
    private int positions;
    private int types = 1;
    private int padding;
    private double epsilon = 1e-6;
    private Activation activation = Activation.GELU;
    private boolean tied;
    private OptionalInt groups = OptionalInt.empty();
    private OptionalInt headSize = OptionalInt.empty();

    Builder vocabulary(int value) {
      vocabulary = value;
      return this;
    }

    Builder hidden(int value) {
      hidden = value;
      return this;
    }

    Builder layers(int value) {
      layers = value;
      return this;
    }

    Builder heads(int value) {
      heads = value;
      return this;
    }

    Builder neurons(int value) {
      neurons = OptionalInt.of(value);
      return this;
    }

    Builder positions(int value) {
      positions = value;
      return this;
    }

    Builder types(int value) {
      types = value;
      return this;
    }

    Builder padding(int value) {
      padding = value;
      return this;
    }

    Builder epsilon(double value) {
      epsilon = value;
      return this;
    }

    Builder activation(Activation value) {
      activation = value;
      return this;
    }

    Builder tied(boolean value) {
      tied = value;
      return this;
    }

    Builder groups(int value) {
      groups = OptionalInt.of(value);
      return this;
    }

    Builder headSize(int value) {
      headSize = OptionalInt.of(value);
      return this;
    }

    TextDefaults build() {
      return new TextDefaults(
          vocabulary,
          hidden,
          layers,
          heads,
          neurons,
          positions,
          types,
          padding,
          epsilon,
          activation,
          tied,
          groups,
          headSize);
    }
  }
}
