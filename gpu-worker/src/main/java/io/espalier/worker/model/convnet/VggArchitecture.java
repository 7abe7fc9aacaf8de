package io.espalier.worker.model.convnet;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Window;
import io.espalier.worker.model.family.ArchitectureBuilder;
import io.espalier.worker.model.family.Attempt;
import io.espalier.worker.model.family.TimmConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The tensors, axes and layers of a VGG, named as timm names them: convolutions with biases, each
 * with a BatchNorm, then the two fully connected layers as convolutions.
 *
 * <p>Axes: what each convolution writes, {@code features.4.out}; nothing is added, so none is
 * shared.
 *
 * <p>Source: Simonyan and Zisserman, Very Deep Convolutional Networks for Large-Scale Image
 * Recognition, arXiv 1409.1556; which axes may be cut: the dependency rules of ModelOpt 0.40,
 * {@code modelopt/torch/trace/analyzer.py}.
 */
final class VggArchitecture {
  static final String FAMILY = "vgg";

  /** Rows and columns that the first fully connected layer looks at. */
  static final int HEAD_KERNEL = 7;

  private static final int HEAD_WIDTH = 4096;

  private final ArchitectureBuilder builder = new ArchitectureBuilder();
  private final VggVariant variant;
  private final TimmConfig config;

  private VggArchitecture(VggVariant variant, TimmConfig config) {
    this.variant = variant;
    this.config = config;
  }

  /**
   * The architecture of a checkpoint.
   *
   * @param config its config.json; {@code model_args.cfg} and {@code mlp_ratio} are the widths
   *     where the checkpoint says nothing
   * @param shapes shape of every tensor that the checkpoint has; need not be complete or right
   * @throws InvalidInputException if the config is not understood, with every reason
   */
  static Architecture of(JsonNode config, Map<String, long[]> shapes) {
    String name = TimmConfig.architectureOf(config);
    VggVariant variant = variant(name);
    var problems = new ArrayList<String>();
    TimmConfig timm = TimmConfig.of(config, Set.of("cfg", "mlp_ratio"), problems);
    JsonNode arguments = config.path("model_args");
    List<Integer> widths = widths(arguments.path("cfg"), variant, problems);
    int hidden = hidden(arguments.path("mlp_ratio"), problems);
    Optional<ArchitectureBuilder> drawn =
        Attempt.of(() -> new VggArchitecture(variant, timm).draw(widths, hidden), problems);
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return drawn.orElseThrow().settle(FAMILY, name, shapes);
  }

  /**
   * Returns what a name stands for.
   *
   * @throws InvalidInputException if it is not known
   */
  static VggVariant variant(String name) {
    return TimmConfig.known(VggVariant.of(name), name, "a VGG", VggVariant.KNOWN);
  }

  /** The widths of the convolutions; the pools must be where the variant has them. */
  private static List<Integer> widths(JsonNode cfg, VggVariant variant, List<String> problems) {
    var usual = new ArrayList<Integer>();
    var found = new ArrayList<Integer>();
    int at = 0;
    boolean alike = cfg.isArray();
    for (VggVariant.Step step : variant.steps()) {
      JsonNode width = cfg.path(at++);
      alike &= width.isInt() && width.intValue() > 0;
      alike &= !step.pooled() || cfg.path(at++).asText().equals("M");
      usual.add(step.width());
      found.add(width.intValue());
    }
    if (cfg.isMissingNode() || cfg.isNull()) {
      return usual;
    }
    if (!alike || cfg.size() != at) {
      problems.add(
          "config.json: model_args.cfg must be %d positive integers with an \"M\" after each stage of %s, found %s"
              .formatted(usual.size(), variant.convolutions(), cfg));
      return usual;
    }
    return found;
  }

  private static int hidden(JsonNode ratio, List<String> problems) {
    if (ratio.isMissingNode() || ratio.isNull()) {
      return HEAD_WIDTH;
    }
    double hidden = ratio.isNumber() ? HEAD_WIDTH * ratio.doubleValue() : 0;
    if (!(hidden >= 1 && hidden <= Integer.MAX_VALUE)) {
      problems.add(
          "config.json: model_args.mlp_ratio must be a number of which %d leaves a width, found %s"
              .formatted(HEAD_WIDTH, ratio));
      return HEAD_WIDTH;
    }
    return (int) hidden;
  }

  private ArchitectureBuilder draw(List<Integer> widths, int hidden) {
    FeatureMapSize at = FeatureMapSize.of(config.input(), InputSpec.IMAGENET);
    String in = ClassifierEnds.image(builder, config.input());
    List<VggVariant.Step> steps = variant.steps();
    for (int i = 0; i < steps.size(); i++) {
      VggVariant.Step step = steps.get(i);
      String out = builder.channels(step.convolution(), widths.get(i));
      builder.biasedConvolution(step.convolution(), out, in, at.window(3, 1));
      builder.batchNorm(step.norm(), out);
      at = step.pooled() ? at.after(2, 2, 0) : at;
      in = out;
    }
    head(in, hidden, at);
    return builder;
  }

  private void head(String in, int hidden, FeatureMapSize features) {
    FeatureMapSize at = features.atLeast(HEAD_KERNEL).after(HEAD_KERNEL, 1, 0);
    String inner = builder.channels("pre_logits.fc1", hidden);
    Window window = at.window(HEAD_KERNEL, 1);
    builder.biasedConvolution("pre_logits.fc1", inner, in, window);
    String out = builder.channels("pre_logits.fc2", HEAD_WIDTH);
    builder.biasedConvolution("pre_logits.fc2", out, inner, at.window(1, 1));
    ClassifierEnds.classifier(builder, config.classes(), "head.fc", List.of(out));
  }
}
