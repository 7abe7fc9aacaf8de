package io.espalier.worker.model.transformer;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.model.family.Loaders;
import io.espalier.worker.model.family.TextDefaults;
import io.espalier.worker.model.family.TextFamily;
import io.espalier.worker.model.family.TextKeys;
import io.espalier.worker.model.family.TextNetwork;
import io.espalier.worker.model.family.TextWidths;
import java.util.List;
import java.util.regex.Pattern;

/**
 * BERT and its kin, of transformers.
 *
 * <p>Source: transformers 4.57.6, {@code models/bert}, {@code models/roberta} and {@code
 * models/distilbert}.
 *
 * @param name its name, and its {@code model_type}
 * @param names what its modules are called
 * @param reader how its configs are read
 * @param segments whether it tells segments of the input apart
 * @param carried names of tensors that files of its models have and nothing here computes with
 */
public record EncoderFamily(
    String name,
    EncoderNames names,
    TransformerSpec.Reader reader,
    boolean segments,
    Pattern carried)
    implements TextFamily {
  private static final String CAUSAL = "is_decoder";

  /** BERT. */
  public static final EncoderFamily BERT =
      new EncoderFamily(
          "bert",
          EncoderNames.BERT,
          new TransformerSpec.Reader(
              TextKeys.BERT,
              TextDefaults.BERT,
              EncoderHeads.BERT,
              EncoderNames.WORDS,
              EncoderFamily::refuse,
              false),
          true,
          Pattern.compile(
              "(bert\\.)?(embeddings\\.(position_ids|token_type_ids)|pooler\\.dense\\.(weight|bias))"
                  + "|cls\\.seq_relationship\\.(weight|bias)"));

  /** RoBERTa, which counts positions from the padding id on. */
  public static final EncoderFamily ROBERTA =
      new EncoderFamily(
          "roberta",
          EncoderNames.ROBERTA,
          new TransformerSpec.Reader(
              TextKeys.BERT,
              TextDefaults.ROBERTA,
              EncoderHeads.ROBERTA,
              EncoderNames.WORDS,
              EncoderFamily::refuse,
              true),
          true,
          Pattern.compile(
              "(roberta\\.)?(embeddings\\.(position_ids|token_type_ids)|pooler\\.dense\\.(weight|bias))"));

  /** DistilBERT, which has no segments. */
  public static final EncoderFamily DISTILBERT =
      new EncoderFamily(
          "distilbert",
          EncoderNames.DISTILBERT,
          new TransformerSpec.Reader(
              TextKeys.DISTILBERT,
              TextDefaults.DISTILBERT,
              EncoderHeads.DISTILBERT,
              EncoderNames.WORDS,
              (config, widths) -> {}, // it passes over what the others have
              false),
          false,
          Pattern.compile("(distilbert\\.)?embeddings\\.position_ids"));

  private static void refuse(ConfigReader config, TextWidths widths) {
    config.requireOnly("position_embedding_type", "absolute");
    config.flag(CAUSAL, false);
    config.requireOnly("add_cross_attention", false);
  }

  @Override
  public boolean accepts(JsonNode config) {
    return !config.hasNonNull("architecture") && config.path("model_type").asText().equals(name);
  }

  @Override
  public List<String> tasks() {
    return TextHead.tasks(reader.models());
  }

  @Override
  public List<String> loadsIn(JsonNode config) {
    return Loaders.withTransformers(config, reader.keys());
  }

  @Override
  public TextNetwork network(JsonNode config) {
    boolean causal = segments && config.path(CAUSAL).asBoolean();
    return new EncoderNetwork(this, reader.read(config), causal);
  }
}
