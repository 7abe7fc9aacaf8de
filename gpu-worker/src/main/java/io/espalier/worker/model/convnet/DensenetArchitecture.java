package io.espalier.worker.model.convnet;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.family.ArchitectureBuilder;
import io.espalier.worker.model.family.TimmConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The tensors, axes and layers of a DenseNet, named as timm names them.
 *
 * <p>Axes: every convolution writes one of its own, {@code
 * features.denseblock1.denselayer2.conv2.out}. A layer reads what went into its block and what the
 * layers before it wrote, one after another, so a unit that is cut disappears from the concatenated
 * side of every later layer of the block and of the transition behind it. Depth comes from
 * config.json, widths from the checkpoint.
 *
 * <p>Source: Huang et al., Densely Connected Convolutional Networks, arXiv 1608.06993; which axes
 * may be cut: the dependency rules of ModelOpt 0.40, {@code modelopt/torch/trace/analyzer.py}.
 */
public final class DensenetArchitecture {
  static final String FAMILY = "densenet";

  private final ArchitectureBuilder builder = new ArchitectureBuilder();
  private final DensenetConfig config;
  private FeatureMapSize at;

  private DensenetArchitecture(DensenetConfig config) {
    this.config = config;
    this.at = FeatureMapSize.of(config.input(), InputSpec.IMAGENET);
  }

  /** Returns whether a config.json is one of a DenseNet that is known here. */
  public static boolean accepts(JsonNode config) {
    return DensenetVariant.of(TimmConfig.architectureOf(config)).isPresent();
  }

  /**
   * The architecture of a checkpoint.
   *
   * @param config its config.json; {@code input_size} (or {@code pretrained_cfg.input_size})
   *     decides at how many positions a layer is evaluated, 3x224x224 if it does not say
   * @param shapes shape of every tensor that the checkpoint has; need not be complete or right, the
   *     result says what they should be
   * @throws InvalidInputException if the config is not understood, with every reason
   */
  public static Architecture of(JsonNode config, Map<String, long[]> shapes) {
    DensenetConfig known = DensenetConfig.of(config);
    return new DensenetArchitecture(known).draw().settle(FAMILY, known.architecture(), shapes);
  }

  private ArchitectureBuilder draw() {
    int width = 2 * config.growthRate();
    List<String> parts = List.of(stem(ClassifierEnds.image(builder, config.input()), width));
    for (int block = 1; block <= config.blocks().size(); block++) {
      if (block > 1) {
        width /= 2;
        parts = List.of(transition(block - 1, parts, width));
      }
      int layers = config.blocks().get(block - 1);
      parts = block(block, layers, parts);
      width += layers * config.growthRate();
    }
    builder.batchNorm("features.norm5", parts);
    ClassifierEnds.classifier(builder, config.classes(), "classifier", parts);
    return builder;
  }

  private String stem(String image, int width) {
    String out = builder.channels("features.conv0", width);
    at = at.after(7, 2);
    builder.convolution("features.conv0", out, image, at.window(7, 2));
    builder.batchNorm("features.norm0", out);
    at = at.after(3, 2);
    return out;
  }

  /** The parts that are concatenated behind a block. */
  private List<String> block(int block, int layers, List<String> in) {
    var parts = new ArrayList<>(in);
    for (int i = 1; i <= layers; i++) {
      String layer = String.format(Locale.ROOT, "features.denseblock%d.denselayer%d.", block, i);
      String inner = builder.channels(layer + "conv1", config.bottleneck() * config.growthRate());
      String out = builder.channels(layer + "conv2", config.growthRate());
      builder.batchNorm(layer + "norm1", parts);
      builder.convolution(layer + "conv1", inner, parts, at.window(1, 1));
      builder.batchNorm(layer + "norm2", inner);
      builder.convolution(layer + "conv2", out, inner, at.window(3, 1));
      parts.add(out);
    }
    return parts;
  }

  private String transition(int index, List<String> in, int width) {
    String module = "features.transition" + index + ".";
    String out = builder.channels(module + "conv", width);
    builder.batchNorm(module + "norm", in);
    builder.convolution(module + "conv", out, in, at.window(1, 1));
    at = at.after(2, 2, 0);
    return out;
  }
}
