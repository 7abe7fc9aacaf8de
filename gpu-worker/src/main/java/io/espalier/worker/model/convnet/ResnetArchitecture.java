package io.espalier.worker.model.convnet;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Window;
import io.espalier.worker.model.family.ArchitectureBuilder;
import io.espalier.worker.model.family.TimmConfig;
import java.util.List;
import java.util.Map;

/**
 * The tensors, axes and layers of a residual network, named as torchvision and timm name them, or
 * as transformers does.
 *
 * <p>Axes: what a block computes for itself is an axis of its own, {@code layer2.0.conv1.out}; what
 * the blocks of a stage add to is one axis, {@code layer2.stream}, since an addition needs equal
 * channels on both sides. Where nothing projects between stem and first stage (basic blocks), the
 * stem belongs to {@code layer1.stream}. Depth and kernels come from config.json, widths from the
 * checkpoint, so a network that was cut before is described like any other.
 *
 * <p>Source: He et al., Deep Residual Learning for Image Recognition, arXiv 1512.03385; the "d"
 * variants: He et al., Bag of Tricks, arXiv 1812.01187; which axes may be cut: the dependency rules
 * of ModelOpt 0.40, {@code modelopt/torch/trace/analyzer.py}.
 */
public final class ResnetArchitecture {
  static final String FAMILY = "resnet";

  private final ArchitectureBuilder builder = new ArchitectureBuilder();
  private final ResnetPlan plan;
  private final ResnetVariant variant;
  private final ResnetNames names;
  private FeatureMapSize at;

  private ResnetArchitecture(ResnetPlan plan) {
    this.plan = plan;
    this.variant = plan.variant();
    this.names = plan.names();
    this.at = FeatureMapSize.of(plan.input(), variant.usualInput());
  }

  /** Returns whether a config.json is one of a residual network that is known here. */
  public static boolean accepts(JsonNode config) {
    return HuggingFaceResnet.accepts(config)
        || ResnetVariant.of(TimmConfig.architectureOf(config)).isPresent();
  }

  /**
   * The architecture of a checkpoint.
   *
   * @param config its config.json; {@code input_size} (or {@code pretrained_cfg.input_size})
   *     decides at how many positions a layer is evaluated, 3x32x32 for CIFAR networks and
   *     3x224x224 for others if it does not say
   * @param shapes shape of every tensor that the checkpoint has; need not be complete or right, the
   *     result says what they should be
   * @throws InvalidInputException if the config is not understood, with every reason
   */
  public static Architecture of(JsonNode config, Map<String, long[]> shapes) {
    ResnetPlan plan =
        HuggingFaceResnet.accepts(config)
            ? HuggingFaceResnet.of(config).plan()
            : ResnetPlan.timm(config, shapes);
    return new ResnetArchitecture(plan).draw().settle(FAMILY, plan.name(), shapes);
  }

  private ArchitectureBuilder draw() {
    String stream = stem(ClassifierEnds.image(builder, plan.input()));
    for (int stage = 1; stage <= variant.blocks().size(); stage++) {
      stream = stage(stage, stream);
    }
    ClassifierEnds.classifier(builder, plan.classes(), names.classifier(), List.of(stream));
    if (variant.cifar()) {
      freezePadded();
    }
    return builder;
  }

  /** Keeps whole the channels that shortcuts without weights read and write. */
  private void freezePadded() {
    int last = variant.blocks().size();
    for (int stage = 1; stage < last; stage++) {
      builder.freeze(
          names.stream(stage),
          "is read by the shortcut of layer%d.0, which has no weights: it takes every second pixel and pads with zero channels, so positions of channels count"
              .formatted(stage + 1));
    }
    builder.freeze(
        names.stream(last),
        "is written by the padded shortcut of layer%d.0 and %s"
            .formatted(last, ClassifierEnds.FLATTENED));
  }

  /** Draws everything before the first stage; the axis that the first stage reads. */
  private String stem(String image) {
    String module = names.stem();
    if (variant.deep()) {
      String first = builder.channels(module + ".0", plan.stem());
      String second = builder.channels(module + ".3", plan.stem());
      convolve(module + ".0", first, image, 3, 2);
      builder.batchNorm(module + ".1", first);
      convolve(module + ".3", second, first, 3, 1);
      builder.batchNorm(module + ".4", second);
      String out = builder.axis(stemAxis(module + ".6", 2 * plan.stem()));
      convolve(module + ".6", out, second, 3, 1);
      return finishStem(out);
    }
    String out = builder.axis(stemAxis(module, plan.stem()));
    convolve(module, out, image, variant.cifar() ? 3 : 7, variant.cifar() ? 1 : 2);
    return finishStem(out);
  }

  private String finishStem(String out) {
    builder.batchNorm(names.stemNorm(), out);
    if (!variant.cifar()) {
      at = at.after(3, 2);
    }
    return out;
  }

  private Axis stemAxis(String module, int units) {
    return plan.projects(1, 0) ? Axis.of(AxisKind.CHANNELS, module, units) : stream(1, units);
  }

  private Axis stream(int stage, int units) {
    return new Axis(names.stream(stage), units, AxisKind.CHANNELS, names.stage(stage));
  }

  private String stage(int stage, String in) {
    String stream = in;
    for (int block = 0; block < variant.blocks().get(stage - 1); block++) {
      stream = block(stage, block, stream);
    }
    return stream;
  }

  private String block(int stage, int block, String in) {
    String module = names.block(stage, block);
    int stride = plan.halves(stage, block) ? 2 : 1;
    String inner = in;
    if (variant.bottleneck()) {
      int early = plan.halvesEarly() ? stride : 1;
      inner = within(module, 1, stage, inner, 1, early);
      inner = within(module, 2, stage, inner, 3, stride / early);
    } else {
      inner = within(module, 1, stage, inner, 3, stride);
    }
    int last = variant.bottleneck() ? 3 : 2;
    String out = builder.axis(stream(stage, plan.outer().get(stage - 1)));
    convolve(names.conv(module, last), out, inner, variant.bottleneck() ? 1 : 3, 1);
    builder.batchNorm(names.norm(module, last), out);
    if (plan.projects(stage, block)) {
      List<String> projection = names.projection(module, variant.deep());
      Window window = at.window(1, variant.deep() ? 1 : stride);
      builder.convolution(projection.get(0), out, in, window);
      builder.batchNorm(projection.get(1), out);
    }
    return out;
  }

  /** Draws a convolution of a block that is not its last; the axis that it writes. */
  private String within(String block, int which, int stage, String in, int kernel, int stride) {
    String conv = names.conv(block, which);
    String out = builder.channels(conv, plan.inner().get(stage - 1));
    convolve(conv, out, in, kernel, stride);
    builder.batchNorm(names.norm(block, which), out);
    return out;
  }

  private void convolve(String module, String out, String in, int kernel, int stride) {
    at = at.after(kernel, stride);
    builder.convolution(module, out, in, at.window(kernel, stride));
  }
}
