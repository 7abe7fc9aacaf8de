package io.espalier.schemas.stage;

import static io.espalier.schemas.stage.PruneKeys.LARGEST_COUNT;
import static io.espalier.schemas.stage.PruneKeys.LARGEST_DIVISOR;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.setting.Settings;
import java.util.stream.Stream;

/** Keys of the stage {@code prune} by Minitron. */
public final class MinitronKeys {
  /** The word of the algorithm. */
  public static final String MINITRON = "minitron";

  /** Bound of what the model takes while it serves. */
  public static final Setting<String> MEMORY =
      Setting.bound("memory").means("Bytes of all tensors, and of keys and values of tokens");

  /** Tokens whose keys and values count. */
  public static final Setting<Integer> SEQUENCE_LENGTH =
      Setting.whole("sequenceLength", 1, LARGEST_COUNT)
          .otherwise("needed with `memory`")
          .means("Tokens of each sequence of which keys and values count as memory");

  /** Sequences whose keys and values count. */
  public static final Setting<Integer> SEQUENCES =
      Setting.whole("batchSize", 1, LARGEST_COUNT)
          .usually(1)
          .means("Sequences of which keys and values count as memory");

  /** Limits on the result's cost. */
  public static final Setting<Settings> CONSTRAINTS =
      PruneKeys.constraintsOfTransformers(MEMORY, SEQUENCE_LENGTH, SEQUENCES)
          .otherwise("this or `export`")
          .more(
              "`parameters`, `flops` or `flopsPerToken`, `bytes`, `memory`, `latency`: each a"
                  + " number or a percentage of the original, upper bounds, inclusive; several"
                  + " count together");

  /** Sizes by number. */
  public static final Setting<Settings> EXPORT =
      Setting.group("export", sizes())
          .otherwise("this or `constraints`")
          .means(
              "Sizes by number instead of constraints, by the names that ModelOpt or Hugging Face"
                  + " give them; what is not named stays")
          .more(
              "`hidden_size`, `ffn_hidden_size` or `intermediate_size`, `num_moe_experts` or"
                  + " `num_experts` or `num_local_experts`, `moe_ffn_hidden_size` or"
                  + " `moe_intermediate_size`, `moe_shared_expert_intermediate_size` or"
                  + " `shared_expert_intermediate_size`, `num_attention_heads`, `num_query_groups`"
                  + " or `num_key_value_heads`, `num_layers` or `num_hidden_layers`. Everything"
                  + " that does not fit is said at once");

  /** Flag: layers may differ. */
  public static final Setting<Boolean> PER_LAYER =
      Setting.flag("perLayer")
          .means(
              "Whether layers may have numbers of neurons and heads of their own, which only own"
                  + " loaders open")
          .more(
              "they are chosen by the solver that all algorithms share; the stream, groups and"
                  + " layers stay. Not for models with experts");

  /** Channels of the residual stream as multiples. */
  public static final Setting<Integer> HIDDEN_DIVISOR =
      Setting.whole("hiddenDivisor", 1, LARGEST_DIVISOR)
          .otherwise(
              "256 with constraints, 64 with `export`; halved until a small model has eight steps")
          .means("Channels of the residual stream are multiples of this")
          .more("a size that stays need not be one");

  /** Numbers of feed-forward neurons as multiples. */
  public static final Setting<Integer> NEURON_DIVISOR =
      PruneKeys.NEURON_DIVISOR
          .otherwise("128 with constraints, 64 with `export`; halved in the same way")
          .more("a size that stays need not be one");

  /** Numbers of experts in a layer as multiples. */
  public static final Setting<Integer> EXPERT_DIVISOR =
      Setting.whole("expertDivisor", 1, LARGEST_DIVISOR)
          .otherwise("8 with constraints, halved in the same way; 1 with `export`")
          .means("Numbers of experts in a layer are multiples of this")
          .more(
              "their neurons go by `neuronDivisor`, halved for themselves, and so do those of an"
                  + " expert that all tokens share");

  /** Heads that share keys and values as multiples. */
  public static final Setting<Integer> HEAD_DIVISOR =
      Setting.whole("headDivisor", 1, LARGEST_DIVISOR)
          .usually(1)
          .means("Heads that share keys and values are multiples of this");

  /** Heads of keys and values as multiples. */
  public static final Setting<Integer> GROUP_DIVISOR =
      Setting.whole("groupDivisor", 1, LARGEST_DIVISOR)
          .usually(1)
          .means("Heads of keys and values are multiples of this");

  /** Numbers of layers as multiples. */
  public static final Setting<Integer> LAYER_DIVISOR =
      Setting.whole("layerDivisor", 1, LARGEST_DIVISOR)
          .usually(1)
          .means("Numbers of layers are multiples of this");

  /** Limit on how narrow a search goes. */
  public static final Setting<Double> MAX_WIDTH_PRUNING =
      Setting.part("maxWidthPruning")
          .usually(0.4)
          .means("The largest part of a width that may go, from 0 to under 1");

  /** Limit on layers a search may drop. */
  public static final Setting<Double> MAX_DEPTH_PRUNING =
      Setting.part("maxDepthPruning")
          .usually(0.2)
          .means("The largest part of the layers that may go, from 0 to under 1");

  /** Number of candidates scored. */
  public static final Setting<Integer> TOP_K =
      Setting.whole("topK", 1, LARGEST_COUNT)
          .usually(10)
          .means("The largest candidates that are scored on data")
          .more("within the constraints");

  /** Short training before candidates are compared. */
  public static final Setting<Settings> RANK_AFTER =
      PruneKeys.RANK_AFTER.more(
          "of 16 sequences a step, reconstructed first if that is asked for; decoders only");

  /** Score of candidates. */
  public static final Setting<String> SCORE =
      Setting.word("score", "loss", "kl")
          .usually("loss")
          .told("candidates compared by")
          .means("What a candidate is scored by")
          .more(
              "mean `loss`, or `kl`, the mean divergence from what the original says of each"
                  + " token or image");

  /** Choice of layers. */
  public static final Setting<String> DEPTH =
      Setting.word("depth", "cosine", "contiguous")
          .usually("cosine")
          .told("layers go by")
          .means(
              "Which layers go: those that change the least what passes, or the block of neighbours"
                  + " that is missed the least")
          .more("the latter is `contiguous`, by the score");

  /** Aggregation over tokens. */
  public static final Setting<String> SEQUENCE_AGGREGATION =
      Setting.word("sequenceAggregation", "mean", "l2", "max")
          .usually("mean")
          .told("tokens of a sequence by")
          .means("How the tokens of a sequence become one number")
          .more("of what a unit says of them; `mean` is one of magnitudes");

  /** Aggregation over sequences. */
  public static final Setting<String> BATCH_AGGREGATION =
      Setting.word("batchAggregation", "mean", "l2", "max")
          .usually("l2")
          .told("sequences by")
          .means("How the sequences become one number");

  /** Ranking of units. */
  public static final Setting<String> IMPORTANCE =
      Setting.word("importance", "contribution", "activation", "residual")
          .usually("contribution")
          .told("neurons and heads ranked by")
          .means(
              "What decides which units of a layer stay: contribution, activation alone as the"
                  + " paper has it, or what the projection behind them loses once it is solved for"
                  + " anew")
          .more(
              "of neurons, heads and experts: their score times the length of the weights that read"
                  + " them, or times the number of tokens, which is what they add to the stream; or"
                  + " the score alone");

  /** What a narrower stream keeps. */
  public static final Setting<String> HIDDEN =
      Setting.word("hidden", "channels", "rotation")
          .usually("channels")
          .told("narrower stream by")
          .means(
              "What a narrower stream keeps: the channels that fire the most, or the directions in"
                  + " which it is the strongest")
          .more(
              "`rotation` turns the whole stream into these first; Llama, Mistral, Qwen2, Qwen3,"
                  + " Mixtral, Qwen2-MoE and Qwen3-MoE only, and tied embeddings are untied. Not"
                  + " with `perLayer`");

  /** Loaders of the result. */
  public static final Setting<String> LOADERS =
      Setting.word("loaders", "stock", "espalier")
          .usually("stock")
          .means(
              "Who must be able to open the result: any loader of the family, or this project's"
                  + " own");

  /** Largest size of a file. */
  public static final Setting<String> SHARD_SIZE =
      Setting.text("shardSize")
          .otherwise("as the model has it")
          .means(
              "Bytes of tensors that one file holds at most, such as 5GB; as before if not said");

  /** Batches for activations. */
  public static final Setting<Integer> BATCHES =
      PruneKeys.BATCHES
          .means("Batches that activations are measured on")
          .more(
              "candidates are scored on them, too; a number that is written down is exact, data"
                  + " that have fewer are refused");

  /** Sequences at once. */
  public static final Setting<Integer> BATCH_SIZE =
      PruneKeys.BATCH_SIZE
          .usually(8)
          .told("sequences per batch")
          .more("the distance of a layer is a sum over batches");

  /** Tokens of a sequence. */
  public static final Setting<Integer> MAX_LENGTH =
      PruneKeys.maxLength(2)
          .otherwise("512, or as many as the model takes")
          .more("at least 2, since nothing is asked of the first one; not for models of images");

  /** All keys. */
  static final SettingTable TABLE =
      SettingTable.of(
              PruneKeys.ALGORITHM,
              EXPORT,
              CONSTRAINTS,
              PER_LAYER,
              HIDDEN_DIVISOR,
              NEURON_DIVISOR,
              EXPERT_DIVISOR,
              HEAD_DIVISOR,
              GROUP_DIVISOR,
              LAYER_DIVISOR,
              MAX_WIDTH_PRUNING,
              MAX_DEPTH_PRUNING,
              TOP_K,
              RANK_AFTER,
              SCORE,
              DEPTH,
              SEQUENCE_AGGREGATION,
              BATCH_AGGREGATION,
              IMPORTANCE,
              HIDDEN,
              LOADERS,
              SHARD_SIZE,
              PruneKeys.RECONSTRUCT,
              BATCHES,
              BATCH_SIZE,
              MAX_LENGTH,
              PruneKeys.ACTIVATION_MEBIBYTES)
          .requiring(PruneKeys.ALGORITHM)
          .eitherOf(CONSTRAINTS, EXPORT);

  private MinitronKeys() {}

  private static SettingTable sizes() {
    return SettingTable.of(
        Stream.of(
                "hidden_size",
                "ffn_hidden_size",
                "intermediate_size",
                "num_moe_experts",
                "num_experts",
                "num_local_experts",
                "moe_ffn_hidden_size",
                "moe_intermediate_size",
                "moe_shared_expert_intermediate_size",
                "shared_expert_intermediate_size",
                "num_attention_heads",
                "num_query_groups",
                "num_key_value_heads",
                "num_layers",
                "num_hidden_layers")
            .map(name -> Setting.whole(name, 1, LARGEST_COUNT).means("a size by number"))
            .toArray(Setting<?>[]::new));
  }
}
