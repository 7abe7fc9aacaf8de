package io.espalier.worker.algorithm.family;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import java.util.List;
import java.util.Map;

/**
 * The tensors, axes and layers of a residual network, named as torchvision and timm name them.
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
  private static final String FAMILY = "resnet";
  private static final String IMAGE = "image";
  private static final String CLASSES = "classes";

  private final ArchitectureSketch sketch = new ArchitectureSketch();
  private final ResnetVariant variant;
  private final List<Integer> widths;
  private final Map<String, long[]> shapes;
  private Positions at;

  private ResnetArchitecture(TimmConfig config, ResnetVariant variant, Map<String, long[]> shapes) {
    this.variant = variant;
    this.shapes = shapes;
    this.widths = config.stageWidths().isEmpty() ? variant.stageWidths() : config.stageWidths();
    this.at = Positions.of(config.input(), variant.usualInput());
  }

  /** Whether a config.json is one of a residual network that is known here. */
  public static boolean accepts(JsonNode config) {
    return ResnetVariant.of(TimmConfig.architectureOf(config)).isPresent();
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
    String name = TimmConfig.architectureOf(config);
    ResnetVariant variant = variant(name);
    TimmConfig timm = TimmConfig.of(config, variant.blocks().size());
    return new ResnetArchitecture(timm, variant, shapes).draw(timm).settle(FAMILY, name, shapes);
  }

  /**
   * The images that a network was made for, whatever its config.json says.
   *
   * @throws InvalidInputException if the architecture is not known
   */
  static InputSpec usualInput(JsonNode config) {
    return variant(TimmConfig.architectureOf(config)).usualInput();
  }

  private static ResnetVariant variant(String name) {
    return ResnetVariant.of(name)
        .orElseThrow(
            () ->
                new InvalidInputException(
                    "config.json: architecture '%s' is not a residual network known here; known: %s"
                        .formatted(name, ResnetVariant.KNOWN)));
  }

  private ArchitectureSketch draw(TimmConfig config) {
    sketch.axis(IMAGE, config.input().isEmpty() ? 3 : config.input().get(0));
    sketch.freeze(IMAGE, "the channels of the images are given");
    if (!config.input().isEmpty()) {
      sketch.pin(IMAGE, config.input().get(0));
    }
    String stream = stem(config);
    for (int stage = 1; stage <= variant.blocks().size(); stage++) {
      stream = stage(stage, stream);
    }
    sketch.axis(CLASSES, config.classes().orElse(1000));
    config.classes().ifPresent(classes -> sketch.pin(CLASSES, classes));
    sketch.freeze(CLASSES, "one output per class");
    sketch.linear("fc", CLASSES, stream);
    freezeStreams();
    return sketch;
  }

  private void freezeStreams() {
    int last = variant.blocks().size();
    String reachesClassifier =
        "reaches the classifier through a flatten, at which positions of channels count";
    if (variant.cifar()) {
      for (int stage = 1; stage < last; stage++) {
        sketch.freeze(
            stream(stage),
            "is read by the shortcut of layer%d.0, which has no weights: it takes every second pixel and pads with zero channels, so positions of channels count"
                .formatted(stage + 1));
      }
      reachesClassifier =
          "is written by the padded shortcut of layer%d.0 and ".formatted(last) + reachesClassifier;
    }
    sketch.freeze(stream(last), reachesClassifier);
  }

  /** Draws everything before the first stage; the axis that the first stage reads. */
  private String stem(TimmConfig config) {
    int width = variant.cifar() ? widths.get(0) : 64;
    if (variant.deep()) {
      int inner = config.stemWidth().orElse(32);
      String first = sketch.axis("conv1.0.out", inner);
      String second = sketch.axis("conv1.3.out", inner);
      convolve("conv1.0", first, IMAGE, 3, 2);
      sketch.batchNorm("conv1.1", first);
      convolve("conv1.3", second, first, 3, 1);
      sketch.batchNorm("conv1.4", second);
      String out = sketch.axis(stemAxis("conv1.6"), 2 * inner);
      convolve("conv1.6", out, second, 3, 1);
      return finishStem(out);
    }
    String out = sketch.axis(stemAxis("conv1"), width);
    convolve("conv1", out, IMAGE, variant.cifar() ? 3 : 7, variant.cifar() ? 1 : 2);
    return finishStem(out);
  }

  private String finishStem(String out) {
    sketch.batchNorm("bn1", out);
    if (!variant.cifar()) {
      at = at.after(3, 2);
    }
    return out;
  }

  private String stemAxis(String module) {
    return projects(1, 0) ? module + ".out" : stream(1);
  }

  private String stage(int stage, String in) {
    String stream = in;
    for (int block = 0; block < variant.blocks().get(stage - 1); block++) {
      stream = block(stage, block, stream);
    }
    return stream;
  }

  private String block(int stage, int block, String in) {
    String module = "layer%d.%d.".formatted(stage, block);
    int stride = stage > 1 && block == 0 ? 2 : 1;
    int width = widths.get(stage - 1);
    String first = sketch.axis(module + "conv1.out", width);
    String out;
    if (variant.bottleneck()) {
      convolve(module + "conv1", first, in, 1, 1);
      sketch.batchNorm(module + "bn1", first);
      String second = sketch.axis(module + "conv2.out", width);
      convolve(module + "conv2", second, first, 3, stride);
      sketch.batchNorm(module + "bn2", second);
      out = sketch.axis(stream(stage), width * variant.expansion());
      convolve(module + "conv3", out, second, 1, 1);
      sketch.batchNorm(module + "bn3", out);
    } else {
      convolve(module + "conv1", first, in, 3, stride);
      sketch.batchNorm(module + "bn1", first);
      out = sketch.axis(stream(stage), width);
      convolve(module + "conv2", out, first, 3, 1);
      sketch.batchNorm(module + "bn2", out);
    }
    if (projects(stage, block)) {
      int index = variant.deep() ? 1 : 0;
      int step = variant.deep() ? 1 : stride;
      sketch.convolution(module + "downsample." + index, out, in, at.window(1, step));
      sketch.batchNorm(module + "downsample." + (index + 1), out);
    }
    return out;
  }

  /** Whether a block has a projection on its shortcut. */
  private boolean projects(int stage, int block) {
    if (variant.cifar() || block > 0) {
      return false;
    }
    // Basic blocks of a usual width need none in stage 1; narrowed ones have one in the checkpoint.
    return stage > 1
        || variant.bottleneck()
        || shapes.keySet().stream().anyMatch(name -> name.startsWith("layer1.0.downsample."));
  }

  private void convolve(String module, String out, String in, int kernel, int stride) {
    at = at.after(kernel, stride);
    sketch.convolution(module, out, in, at.window(kernel, stride));
  }

  private static String stream(int stage) {
    return "layer%d.stream".formatted(stage);
  }
}
