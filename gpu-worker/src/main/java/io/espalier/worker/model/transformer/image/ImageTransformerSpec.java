package io.espalier.worker.model.transformer.image;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.data.Normalization;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.family.Activation;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.model.family.MaskableNetwork.WidthKeys;
import io.espalier.worker.model.family.TextDefaults;
import io.espalier.worker.model.family.TextKeys;
import io.espalier.worker.model.family.TextWidths;
import io.espalier.worker.model.family.TimmConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Structure of a transformer that reads images, by its config.json.
 *
 * <p>Source: transformers 4.57.6, {@code models/vit} and {@code models/deit}; timm 1.0.31, {@code
 * models/vision_transformer.py} and {@code deit.py}.
 *
 * @param model its class in transformers, or its name in timm
 * @param names what its tensors are called
 * @param input the images that it takes
 * @param widths how wide its layers are, as long as no tensor says otherwise
 * @param patch rows and columns of a patch
 * @param epsilon that of layer normalisation
 * @param activation that of the feed-forward part
 * @param readBias whether queries, keys and values have biases
 */
public record ImageTransformerSpec(
    String model,
    ImageTransformerNames names,
    InputSpec input,
    TextWidths widths,
    int patch,
    double epsilon,
    Activation activation,
    boolean readBias) {
  /** Wider than what is known here, so that the others are refused with a reason. */
  private static final Pattern TIMM = Pattern.compile("(vit|deit|deit3)_.*");

  private static final Pattern PLAIN =
      Pattern.compile(
          "(?:vit_(tiny|small|base|large|huge)|deit_(tiny|small|base))_patch(8|14|16|32)_(224|384)");
  private static final String KNOWN =
      "vit_tiny, vit_small, vit_base, vit_large, vit_huge and deit_tiny, deit_small, deit_base with"
          + " _patchN_224 or _384";
  private static final Map<String, ImageTransformerNames> CLASSES =
      Map.of(
          "ViTForImageClassification", ImageTransformerNames.VIT,
          "DeiTForImageClassification", ImageTransformerNames.DEIT);
  private static final Set<String> TYPES = Set.of("vit", "deit");
  private static final Set<String> ARGUMENTS =
      Set.of("img_size", "patch_size", "embed_dim", "depth", "num_heads", "mlp_ratio", "qkv_bias");
  private static final String TEACHER = "DeiTForImageClassificationWithTeacher";
  private static final Normalization HALVES =
      new Normalization(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5));

  /** Returns whether a config.json is one of such a network. */
  static boolean accepts(JsonNode config) {
    String architecture = TimmConfig.architectureOf(config);
    return architecture.isEmpty()
        ? TYPES.contains(config.path("model_type").asText())
        : TIMM.matcher(architecture).matches();
  }

  /**
   * Reads a config.
   *
   * @throws InvalidInputException with everything in it that is not understood
   */
  static ImageTransformerSpec of(JsonNode config) {
    var problems = new ArrayList<String>();
    ImageTransformerSpec spec =
        TimmConfig.architectureOf(config).isEmpty()
            ? ofTransformers(new ConfigReader(config, problems))
            : ofTimm(config, problems);
    InputSpec input = spec.input();
    if (input.height() % spec.patch() != 0 || input.width() % spec.patch() != 0) {
      problems.add(
          "config.json: images of %d x %d are no whole number of patches of %d"
              .formatted(input.height(), input.width(), spec.patch()));
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems.stream().distinct().toList());
    }
    return spec;
  }

  private static ImageTransformerSpec ofTransformers(ConfigReader config) {
    String model = config.json().path("architectures").path(0).asText();
    if (model.equals(TEACHER)) {
      config.problem(
          "%s has a second classifier behind a distilled token, which is not computed; convert it"
              + " to DeiTForImageClassification",
          TEACHER);
    } else if (!CLASSES.containsKey(model)) {
      config.problem(
          "architectures must begin with one of %s, found %s",
          CLASSES.keySet().stream().sorted().toList(), config.json().path("architectures"));
    }
    int size = config.count("image_size", InputSpec.IMAGENET.height());
    int channels = config.count("num_channels", InputSpec.IMAGENET.channels());
    var usual = new InputSpec(OptionalInt.of(config.labels().size()), channels, size, size, HALVES);
    return new ImageTransformerSpec(
        model,
        CLASSES.getOrDefault(model, ImageTransformerNames.VIT),
        InputSpec.of(config.json(), usual),
        TextWidths.of(config, TextKeys.BERT, TextDefaults.BERT),
        config.count("patch_size", 16),
        config.epsilon("layer_norm_eps", 1e-12),
        config.choice("hidden_act", Activation.OF_TRANSFORMERS, Activation.GELU),
        config.flag("qkv_bias", true));
  }

  private static ImageTransformerSpec ofTimm(JsonNode config, List<String> problems) {
    String name = TimmConfig.architectureOf(config);
    Matcher plain = PLAIN.matcher(name);
    if (!plain.matches()) {
      String distilled = name.contains("distilled") ? ", since it has a second classifier" : "";
      throw new InvalidInputException(
          "config.json: architecture '%s' is not a transformer for images known here%s; known: %s"
              .formatted(name, distilled, KNOWN));
    }
    TimmConfig.of(config, ARGUMENTS, problems);
    var arguments =
        new ConfigReader(config.path("model_args"), "model_args.", problems, new ArrayList<>());
    int size = arguments.count("img_size", Integer.parseInt(plain.group(4)));
    var usual =
        new InputSpec(
            OptionalInt.empty(),
            InputSpec.IMAGENET.channels(),
            size,
            size,
            name.startsWith("deit") ? Normalization.IMAGENET : HALVES);
    return new ImageTransformerSpec(
        name,
        ImageTransformerNames.TIMM,
        InputSpec.of(config, usual),
        TimmWidths.read(
            config, arguments, plain.group(1) == null ? plain.group(2) : plain.group(1)),
        arguments.count("patch_size", Integer.parseInt(plain.group(3))),
        1e-6,
        Activation.GELU,
        arguments.flag("qkv_bias", true));
  }

  /** Returns whether its config.json is one of timm. */
  boolean isOfTimm() {
    return names.equals(ImageTransformerNames.TIMM);
  }

  /**
   * Returns where config.json says how wide layers are; timm's does where {@link TimmWidths} says.
   */
  WidthKeys widthKeys() {
    return TextKeys.BERT.widths(!isOfTimm());
  }

  /** Patches of an image, from above to below. */
  int patchRows() {
    return input.height() / patch;
  }

  /** Patches of an image, from left to right. */
  int patchColumns() {
    return input.width() / patch;
  }

  /** Tokens of an image. */
  int tokens() {
    return names.tokensInFront() + patchRows() * patchColumns();
  }
}
