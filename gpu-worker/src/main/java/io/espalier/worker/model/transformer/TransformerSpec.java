package io.espalier.worker.model.transformer;

import ai.djl.ndarray.NDArray;
import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.ProblemType;
import io.espalier.worker.domain.model.TextTask;
import io.espalier.worker.model.family.Activation;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.model.family.TextDefaults;
import io.espalier.worker.model.family.TextKeys;
import io.espalier.worker.model.family.TextWidths;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Tensors;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import java.util.function.BiConsumer;

/**
 * Structure of a transformer, by its config.json.
 *
 * @param model transformers' class for it, such as {@code BertForQuestionAnswering}
 * @param head what stands on it
 * @param input what it takes
 * @param padding the token that its config says sequences are filled up with, if it says one
 * @param widths how wide its layers are, as long as no tensor says otherwise
 * @param rows rows of its table of positions
 * @param epsilon that of layer normalisation
 * @param activation that of the feed-forward part
 * @param embedding name of the word embedding's weight, without prefix
 * @param tied whether scores of tokens are read off the embedding
 * @param warnings what versions of transformers take for different things, in sentences
 */
record TransformerSpec(
    String model,
    TextHead head,
    TextInput input,
    OptionalInt padding,
    TextWidths widths,
    int rows,
    double epsilon,
    Activation activation,
    String embedding,
    boolean tied,
    List<String> warnings) {
  private static final String PROBLEM = "problem_type";
  private static final String PADDING = "pad_token_id";

  /**
   * Everything that families of transformers differ in when their config is read.
   *
   * @param keys what sizes are called
   * @param usual what silence means
   * @param models what stands on the transformer, by transformers' class
   * @param embedding name of the word embedding's weight, without prefix
   * @param refusals adds problems for what would change the numbers but is not computed
   * @param reserved whether the positions up to that of the padding's id are none of a token
   */
  record Reader(
      TextKeys keys,
      TextDefaults usual,
      Map<String, TextHead> models,
      String embedding,
      BiConsumer<ConfigReader, TextWidths> refusals,
      boolean reserved) {

    /**
     * Reads a config.
     *
     * @throws InvalidInputException with everything in it that makes no sense or is not understood
     */
    TransformerSpec read(JsonNode json) {
      var problems = new ArrayList<String>();
      var warnings = new ArrayList<String>();
      var config = new ConfigReader(json, "", problems, warnings);
      requireOwnNumbers(config);
      String model = model(config);
      TextHead head = models.getOrDefault(model, TextHead.mean());
      int rows = config.count(keys.positions(), usual.positions());
      var plan =
          new TransformerSpec(
              model,
              head,
              input(config, head, rows),
              config.token(PADDING),
              TextWidths.of(config, keys, usual),
              rows,
              keys.epsilon()
                  .map(key -> config.epsilon(key, usual.epsilon()))
                  .orElse(usual.epsilon()),
              config.choice(keys.activation(), Activation.OF_TRANSFORMERS, usual.activation()),
              embedding,
              head.guessesTokens() && config.flag("tie_word_embeddings", usual.tied()),
              warnings);
      refusals.accept(config, plan.widths());
      if (!problems.isEmpty()) {
        throw new InvalidInputException(problems.stream().distinct().toList());
      }
      return plan;
    }

    private static void requireOwnNumbers(ConfigReader config) {
      if (!config.json().path("auto_map").isEmpty()) {
        config.problem(
            "auto_map names code that comes with the model, which is never run; found %s",
            config.json().path("auto_map"));
      }
      if (!config.json().path("quantization_config").isEmpty()) {
        config.problem(
            "quantization_config says that weights are stored as integers, which cannot be cut or"
                + " trained; take the model as it was before it was quantized, found %s",
            config.json().path("quantization_config"));
      }
    }

    private TextInput input(ConfigReader config, TextHead head, int rows) {
      int vocabulary = config.count("vocab_size", usual.vocabulary());
      int padding = padding(config, vocabulary);
      int positions = reserved ? rows - reserved(config) - 1 : rows;
      if (positions < 1) {
        config.problem(
            "%s %d leaves no position after those up to pad_token_id %d",
            keys.positions(), rows, padding);
      }
      List<String> labels = head.givesLabels() ? config.labels() : List.of();
      return new TextInput(
          head.task(),
          vocabulary,
          positions,
          config.count("type_vocab_size", usual.types()),
          padding,
          labels,
          problem(config, head, labels.size()));
    }

    /** As transformers has it: what is said, or else what follows from the number of labels. */
    private static ProblemType problem(ConfigReader config, TextHead head, int labels) {
      if (!head.givesLabels() || config.silent(PROBLEM)) {
        boolean value = head.task() == TextTask.TEXT_CLASSIFICATION && labels == 1;
        return value ? ProblemType.REGRESSION : ProblemType.SINGLE_LABEL;
      }
      JsonNode said = config.json().path(PROBLEM);
      Optional<ProblemType> problem = ProblemType.of(said.asText());
      if (problem.isEmpty()) {
        config.problem("%s must be one of %s, found %s", PROBLEM, ProblemType.keys(), said);
      } else if (head.task() == TextTask.TOKEN_CLASSIFICATION
          && problem.get() != ProblemType.SINGLE_LABEL) {
        config.problem(
            "%s %s is not computed of each token, only of whole texts; %s gives each token one"
                + " label",
            PROBLEM, said, head.task().key());
      }
      return problem.orElse(ProblemType.SINGLE_LABEL);
    }

    /** The token that fills up; the embeddings of GPT-2 and GPT-J let padding be none of theirs. */
    private int padding(ConfigReader config, int vocabulary) {
      OptionalInt said = config.token(PADDING);
      if (said.isPresent() && (said.getAsInt() < vocabulary || keys != TextKeys.GPT)) {
        if (said.getAsInt() >= vocabulary) {
          config.problem("%s %d is none of the %d tokens", PADDING, said.getAsInt(), vocabulary);
        }
        return said.getAsInt();
      }
      return usualPadding(config, vocabulary);
    }

    /**
     * Returns what positions are counted from: the padding's id as it is written, even if it is -1.
     */
    private int reserved(ConfigReader config) {
      JsonNode said = config.json().path(PADDING);
      if (said.isNull() || (said.isInt() && said.intValue() < -1)) {
        config.problem(
            "%s must be an integer of at least -1, since positions are counted from it, found %s",
            PADDING, said);
      }
      return said.asInt(usual.padding());
    }

    /**
     * Decoders have no token to fill up with; one that ends a text does, since nothing sees it. If
     * that is none of a small vocabulary, any other does.
     */
    private int usualPadding(ConfigReader config, int vocabulary) {
      return switch (keys) {
        case GPT, LLAMA, GEMMA ->
            among(vocabulary, config.firstToken("eos_token_id", usual.padding()));
        default -> usual.padding();
      };
    }

    private static int among(int vocabulary, int token) {
      return token < vocabulary ? token : 0;
    }

    private String model(ConfigReader config) {
      String model = config.json().path("architectures").path(0).asText();
      if (!models.containsKey(model)) {
        config.problem(
            "architectures must begin with one of %s, since it says what the model does, found %s",
            new TreeSet<>(models.keySet()), config.json().path("architectures"));
      }
      return model;
    }
  }

  /** The same for sequences of another length at most. */
  TransformerSpec reading(int positions) {
    TextInput longer = input.reading(positions);
    return new TransformerSpec(
        model, head, longer, padding, widths, rows, epsilon, activation, embedding, tied, warnings);
  }

  /** The last row of the table of positions that is none of a token; -1 if all are. */
  int reserved() {
    return rows - input.positions() - 1;
  }

  /**
   * Marks by 1 the tokens among which a head looks for the last: real ones but for those that are
   * the padding by their id, wherever they stand, as transformers has it. (batch, tokens), int64.
   */
  NDArray read(Tokens tokens) {
    return padding.isPresent()
        ? Tensors.multiply(tokens.mask(), Tensors.isNot(tokens.ids(), padding.getAsInt()))
        : tokens.mask();
  }

  /**
   * Returns what names of the transformer begin with in a checkpoint: it may have the names of a
   * model without a head, whatever stands on it.
   *
   * @param usual the prefix of models with a head, with the dot
   * @param tensors names in the checkpoint; none if there is none
   */
  String prefix(String usual, Collection<String> tensors) {
    boolean found =
        tensors.isEmpty()
            ? head.output().isPresent()
            : tensors.stream().anyMatch(tensor -> tensor.startsWith(usual));
    return found ? usual : "";
  }

  /** Name of the weight that gives the scores. */
  String outputWeight(String prefix) {
    return tied ? prefix + embedding : head.output().orElseThrow().weight();
  }

  /** The module that scores tokens by the embedding's weight, if one does. */
  Optional<String> sharingOutput() {
    return tied ? head.output().map(TextHead.Output::module) : Optional.empty();
  }
}
