package io.espalier.schemas.stage;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.setting.Settings;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The stage {@code distill} and its keys. */
public final class DistillKeys {
  private static final int LARGEST_COUNT = 1_000_000_000;
  private static final int LARGEST_BATCH = 65_536;

  /** Passes over the data. */
  public static final Setting<Double> EPOCHS =
      Setting.positive("epochs", 100_000)
          .otherwise("10 for images, 3 for texts")
          .means("Passes over the training data; at most one of epochs, steps, tokens, minutes");

  /** Part that learns at a time. */
  public static final Setting<String> MODE =
      Setting.word("mode", "whole", "layerwise")
          .usually("whole")
          .told("mode")
          .means(
              "Whether the model learns as a whole, or layer by layer with one layer in memory, of"
                  + " decoders")
          .more(
              "with `layerwise` each layer has the epochs, steps or tokens, and minutes are"
                  + " shared");

  /** Steps of the optimizer. */
  public static final Setting<Integer> STEPS =
      Setting.whole("steps", 1, LARGEST_COUNT)
          .otherwise("as many as `epochs` are")
          .means("Steps of the optimizer");

  /** Tokens shown. */
  public static final Setting<Double> TOKENS =
      Setting.positive("tokens", 1_000_000_000_000_000L)
          .otherwise("as many as `epochs` are")
          .means("Tokens that are shown, padding left out");

  /** Time of training. */
  public static final Setting<Double> MINUTES =
      Setting.positive("minutes", 1_000_000)
          .otherwise("as long as `epochs` take")
          .means("Minutes of training, judging left out")
          .more("the same job then gives other bits each time");

  /** Samples per step. */
  public static final Setting<Integer> BATCH_SIZE =
      Setting.whole("batchSize", 2, LARGEST_BATCH)
          .otherwise("64 images or 16 sequences")
          .means("Images or sequences per step");

  /** Samples computed at once. */
  public static final Setting<Integer> MICRO_BATCH_SIZE =
      Setting.whole("microBatchSize", 1, LARGEST_BATCH)
          .otherwise("`batchSize`")
          .means("Images or sequences that are computed at once; gradients of a step add up");

  /** Optimizer. */
  public static final Setting<String> OPTIMIZER =
      Setting.word("optimizer", "sgd", "adamw")
          .otherwise("`sgd` for networks of convolutions, `adamw` for transformers")
          .told("optimizer")
          .means("Rule by which gradients change weights");

  /** Peak of the learning rate. */
  public static final Setting<Double> LEARNING_RATE =
      Setting.positive("learningRate", 10)
          .otherwise("by the size of the model, see below")
          .told("learning rate")
          .means("Highest learning rate");

  /** Way of the learning rate. */
  public static final Setting<String> SCHEDULE =
      Setting.word("schedule", "cosine", "linear", "constant", "wsd")
          .usually("cosine")
          .told("schedule")
          .means("Way of the learning rate after its peak")
          .more("`wsd` is stable and falls in the last fifth");

  /** Warm-up. */
  public static final Setting<Double> WARMUP =
      Setting.part("warmup")
          .usually(0.05)
          .means("Share of the training in which the learning rate rises to its peak");

  /** Weight decay. */
  public static final Setting<Double> WEIGHT_DECAY =
      Setting.part("weightDecay")
          .otherwise("0.0005 with `sgd`, 0.01 with `adamw`")
          .means("Decay of weights; biases and normalisations do not decay");

  /** Bound of the gradient. */
  public static final Setting<Double> MAX_GRADIENT_NORM =
      Setting.positive("maxGradientNorm", 1_000_000)
          .otherwise("none with `sgd`, 1 with `adamw`")
          .means("Length that longer gradients are shortened to");

  /** Average of weights. */
  public static final Setting<Double> EMA =
      Setting.part("ema")
          .usually(0.0)
          .means(
              "Share of the running average of weights that stays with each step; above 0 the"
                  + " average goes out");

  /** Loss of outputs. */
  public static final Setting<String> LOSS =
      Setting.word("loss", "kl", "reverse-kl", "soft-cross-entropy")
          .usually("kl")
          .told("loss")
          .means("Loss of what the student says against what the teacher says");

  /** Temperature. */
  public static final Setting<Double> TEMPERATURE =
      Setting.positive("temperature", 1000)
          .otherwise("2 where a sample has one answer, 1 for text that goes on")
          .told("temperature")
          .means("What scores of both are divided by before softmax");

  /** Weight of labels. */
  public static final Setting<Double> TASK_WEIGHT =
      Setting.part("taskWeight")
          .usually(0.0)
          .told("weight of labels")
          .means("Share of the loss of labels; the rest is that of the teacher");

  /** Margin of what labels correct. */
  public static final Setting<Double> LABEL_CORRECTION =
      Setting.part("labelCorrection")
          .usually(0.0)
          .means(
              "Margin by which the right class is moved ahead in what the teacher teaches; 0 leaves"
                  + " the teacher as it is")
          .more("0.2 in ModelOpt's MFT; needs labels");

  /** Distance of hidden states. */
  public static final Setting<String> HIDDEN_LOSS =
      Setting.word("loss", "mse", "cosine")
          .usually("mse")
          .means("Distance of what leaves each layer from what leaves the teacher's");

  /** Weight of hidden states. */
  public static final Setting<Double> HIDDEN_WEIGHT =
      Setting.positive("weight", 1_000_000).usually(1.0).means("Weight of all layers together");

  /** Way in which the weight of hidden states is meant. */
  public static final Setting<String> HIDDEN_BALANCE =
      Setting.word("balance", "dynamic", "static")
          .usually("dynamic")
          .means("Whether the loss of a layer is scaled to that of the outputs in each step");

  /** Map from hidden states to hidden states. */
  public static final Setting<String> HIDDEN_MAP =
      Setting.word("map", "origin", "projection")
          .usually("origin")
          .means(
              "Which of the teacher's channels are compared: those that the student's were, or what"
                  + " one linear layer that is trained along makes of the student's")
          .more("with `projection` widths may differ");

  /** Hidden states. */
  public static final Setting<Settings> HIDDEN =
      Setting.group(
              "hidden", SettingTable.of(HIDDEN_LOSS, HIDDEN_MAP, HIDDEN_WEIGHT, HIDDEN_BALANCE))
          .means("What leaves the layers is learned, too, of models that read text")
          .more("channels or directions, and layers, by their origin")
          .otherwise("outputs alone");

  /** Distance of attention. */
  public static final Setting<String> ATTENTION_LOSS =
      Setting.word("loss", "kl", "mse")
          .usually("kl")
          .means("Distance of attention: `kl` of probabilities, `mse` of scores before softmax");

  /** Weight of attention. */
  public static final Setting<Double> ATTENTION_WEIGHT =
      Setting.positive("weight", 1_000_000).usually(1.0).means("Weight of all layers together");

  /** Way in which the weight of attention is meant. */
  public static final Setting<String> ATTENTION_BALANCE =
      Setting.word("balance", "dynamic", "static")
          .usually("dynamic")
          .means("Whether the loss of a layer is scaled to that of the outputs in each step");

  /** Attention. */
  public static final Setting<Settings> ATTENTION =
      Setting.group(
              "attention", SettingTable.of(ATTENTION_LOSS, ATTENTION_WEIGHT, ATTENTION_BALANCE))
          .means("How tokens look at each other is learned, too, of models that read text")
          .more("heads and layers by their origin")
          .otherwise("outputs alone");

  /** Distance of feature maps. */
  public static final Setting<String> FEATURES_LOSS =
      Setting.word("loss", "mse", "mgd")
          .usually("mse")
          .means(
              "Distance of feature maps: `mse` of kept channels, `mgd` of what is generated from a"
                  + " part of the student's");

  /** Weight of feature maps. */
  public static final Setting<Double> FEATURES_WEIGHT =
      Setting.positive("weight", 1_000_000).usually(1.0).means("Weight of all maps together");

  /** Way in which the weight of feature maps is meant. */
  public static final Setting<String> FEATURES_BALANCE =
      Setting.word("balance", "dynamic", "static")
          .usually("dynamic")
          .means("Whether the loss of a map is scaled to that of the outputs in each step");

  /** Feature maps. */
  public static final Setting<Settings> FEATURES =
      Setting.group("features", SettingTable.of(FEATURES_LOSS, FEATURES_WEIGHT, FEATURES_BALANCE))
          .means(
              "Feature maps are learned, too, of networks of convolutions: the last of each size")
          .more("channels by their origin, or any with `mgd`")
          .otherwise("outputs alone");

  /** Answers of the teacher that are kept. */
  public static final Setting<Integer> TEACHER_TOP_K =
      Setting.whole("teacherTopK", 1, 1_000_000)
          .otherwise("the teacher is asked in each step")
          .means(
              "The teacher is asked once, and of what it says so many of the likeliest classes or"
                  + " tokens are kept on disk")
          .more("images must not be changed then");

  /** Steps of the teacher's correction. */
  public static final Setting<Integer> CORRECTION_STEPS =
      Setting.whole("steps", 1, LARGEST_COUNT).means("Steps of the teacher's optimizer");

  /** Learning rate of the teacher's correction. */
  public static final Setting<Double> CORRECTION_RATE =
      Setting.positive("learningRate", 10)
          .otherwise("a fifth of the student's")
          .means("Highest learning rate of the teacher");

  /** Fine-tuning of the teacher. */
  public static final Setting<Settings> TEACHER_CORRECTION =
      Setting.group(
              "teacherCorrection",
              SettingTable.of(CORRECTION_STEPS, CORRECTION_RATE).requiring(CORRECTION_STEPS))
          .means(
              "The teacher is fine-tuned on the training data by their labels before it teaches,"
                  + " and thrown away afterwards")
          .more("needs labels")
          .otherwise("as it is");

  /** Changes of images. */
  public static final Setting<String> AUGMENTATION =
      Setting.word("augmentation", "crop-flip", "none")
          .usually("crop-flip")
          .means("What happens to images before both are shown them");

  /** Mixing of images. */
  public static final Setting<Double> MIXUP =
      Setting.positive("mixup", 100)
          .otherwise("images are not mixed")
          .means(
              "Each image is mixed with another one, and so are their classes: a share drawn from"
                  + " Beta(mixup, mixup) is its own")
          .more("not with teacherTopK or labelCorrection");

  /** Data for judging. */
  public static final Setting<Double> VALIDATION =
      Setting.part("validation")
          .usually(0.1)
          .means("Share of the training data that is held out to judge by, drawn by the seed");

  /** Activations that are computed again. */
  public static final Setting<Boolean> GRADIENT_CHECKPOINTING =
      Setting.flag("gradientCheckpointing")
          .means(
              "Whether a decoder's layers keep only what enters them, and all else is computed"
                  + " again for the gradients")
          .more("less memory for one more forward pass; not with `hidden` or `attention`");

  /** Steps between judgements. */
  public static final Setting<Integer> EVALUATE_EVERY =
      Setting.whole("evaluateEvery", 1, LARGEST_COUNT)
          .otherwise("ten times on the way")
          .means("Steps between two judgements on what is held out");

  /** Judgements until it ends early. */
  public static final Setting<Integer> PATIENCE =
      Setting.whole("patience", 1, LARGEST_COUNT)
          .otherwise("all the way")
          .means("Judgements in a row without a better one after which the training ends");

  /** Measure of held-out samples. */
  public static final Setting<String> JUDGED_BY =
      Setting.text("judgedBy")
          .otherwise("`loss`; where there is none, agreement or similarity")
          .means("The metric of held-out samples by which the best is chosen and `patience` counts")
          .more("such as that of a gate: `accuracy`, `f1`");

  /** Number of checkpoints. */
  public static final Setting<Integer> KEEP =
      Setting.whole("keep", 1, 100)
          .usually(1)
          .means("How many of the best judged models are kept")
          .more("above 1 each lies beside the model as `checkpoints/step-N.safetensors`");

  /** The kind of stage. */
  public static final StageDeclaration DISTILL =
      new StageDeclaration(
          "distill",
          "Trains the model to answer as the one that the run began with",
          Optional.empty(),
          List.of(
              new StageDeclaration.Variant(
                  "",
                  SettingTable.of(
                      MODE,
                      EPOCHS,
                      STEPS,
                      TOKENS,
                      MINUTES,
                      BATCH_SIZE,
                      MICRO_BATCH_SIZE,
                      OPTIMIZER,
                      LEARNING_RATE,
                      SCHEDULE,
                      WARMUP,
                      WEIGHT_DECAY,
                      MAX_GRADIENT_NORM,
                      EMA,
                      LOSS,
                      TEMPERATURE,
                      TASK_WEIGHT,
                      LABEL_CORRECTION,
                      HIDDEN,
                      ATTENTION,
                      FEATURES,
                      TEACHER_TOP_K,
                      TEACHER_CORRECTION,
                      AUGMENTATION,
                      MIXUP,
                      GRADIENT_CHECKPOINTING,
                      VALIDATION,
                      EVALUATE_EVERY,
                      PATIENCE,
                      JUDGED_BY,
                      KEEP,
                      PruneKeys.ACTIVATION_MEBIBYTES,
                      EvaluateKeys.MAX_LENGTH,
                      EvaluateKeys.STRIDE),
                  any ->
                      Metrics.without(
                          Metrics.and(
                              Metrics.and(Metrics.OF_IMAGES, Metrics.OF_TEXT),
                              Set.of(Metrics.AGREEMENT)),
                          Set.of(Metrics.LATENCY)))),
          true,
          Set.of(StageDeclaration.TEACHER));

  private DistillKeys() {}
}
