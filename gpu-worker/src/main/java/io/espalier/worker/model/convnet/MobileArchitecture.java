package io.espalier.worker.model.convnet;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Window;
import io.espalier.worker.model.convnet.MobileBlock.Kind;
import io.espalier.worker.model.family.ArchitectureBuilder;
import io.espalier.worker.model.family.TimmConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The tensors, axes and layers of a network of mobile blocks, named as timm names them.
 *
 * <p>Axes: a block's inner width is an axis, {@code blocks.2.0.conv_pw.out}, along which its
 * depthwise convolution lies, and what its squeeze-and-excitation scales; the latter's own width is
 * another one, {@code blocks.2.0.se.conv_reduce.out}. What a block adds to its input is the axis of
 * that input; what it only writes opens one, {@code blocks.2.stream}.
 *
 * <p>Whether a block adds is decided by the widths of the network before any cut (stride 1 and
 * equal widths, as in timm), never by those of the checkpoint: after a cut, widths may be equal
 * that were not. So two axes are one exactly where the network adds.
 *
 * <p>Sources: those of {@link MobileDesign}; which axes may be cut: the dependency rules of
 * ModelOpt 0.40, {@code modelopt/torch/trace/analyzer.py}.
 */
final class MobileArchitecture {
  private static final String MULTIPLIER = "channel_multiplier";

  private final ArchitectureBuilder builder = new ArchitectureBuilder();
  private final MobileVariant variant;
  private FeatureMapSize at;

  /** Output of a network's first layers: an axis, and its width before any cut. */
  private record Stream(String axis, int width) {}

  private MobileArchitecture(MobileVariant variant, TimmConfig config) {
    this.variant = variant;
    this.at = FeatureMapSize.of(config.input(), InputSpec.IMAGENET);
  }

  /**
   * The architecture of a checkpoint.
   *
   * @param family name of the family
   * @param variant what the config's architecture names
   * @param config its config.json; {@code model_args.channel_multiplier} is used instead of the one
   *     that the name means
   * @param shapes shape of every tensor that the checkpoint has; need not be complete or right
   * @throws InvalidInputException if the config is not understood, with every reason
   */
  static Architecture of(
      String family, MobileVariant variant, JsonNode config, Map<String, long[]> shapes) {
    var problems = new ArrayList<String>();
    TimmConfig timm = TimmConfig.of(config, Set.of(MULTIPLIER), problems);
    double multiplier = multiplier(config, variant, problems);
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return new MobileArchitecture(variant.withMultiplier(multiplier), timm)
        .draw(timm)
        .settle(family, timm.architecture(), shapes);
  }

  private static double multiplier(JsonNode config, MobileVariant variant, List<String> problems) {
    JsonNode found = config.path("model_args").path(MULTIPLIER);
    if (found.isMissingNode() || found.isNull()) {
      return variant.multiplier();
    }
    if (!found.isNumber() || !(found.doubleValue() > 0 && found.doubleValue() <= 100)) {
      problems.add(
          "config.json: model_args.%s must be a positive number up to 100, found %s"
              .formatted(MULTIPLIER, found));
      return variant.multiplier();
    }
    return found.doubleValue();
  }

  private ArchitectureBuilder draw(TimmConfig config) {
    Stream stream = stem(ClassifierEnds.image(builder, config.input()));
    for (int stage = 0; stage < variant.stages().size(); stage++) {
      List<MobileBlock> blocks = variant.stages().get(stage);
      for (int i = 0; i < blocks.size(); i++) {
        stream =
            block(String.format(Locale.ROOT, "blocks.%d.%d.", stage, i), blocks.get(i), stream);
      }
    }
    head(config, stream.axis());
    return builder;
  }

  private Stream stem(String image) {
    String out = builder.channels("conv_stem", variant.stemWidth());
    at = at.after(3, 2);
    builder.convolution("conv_stem", out, image, at.window(3, 2));
    builder.batchNorm("bn1", out);
    return new Stream(out, variant.stemWidth());
  }

  private Stream block(String module, MobileBlock block, Stream in) {
    if (block.kind() == Kind.PLAIN) {
      return plain(module, block, in);
    }
    boolean inverted = block.kind() == Kind.INVERTED;
    Stream inner = inverted ? expand(module, block, in) : in;
    Window window = after(block);
    builder.depthwise(module + "conv_dw", inner.axis(), window);
    builder.batchNorm(module + (inverted ? "bn2" : "bn1"), inner.axis());
    if (block.squeezed()) {
      squeeze(module + "se.", block, inner);
    }
    Stream out = out(module, block, in);
    builder.convolution(module + block.last(), out.axis(), inner.axis(), at.window(1, 1));
    builder.batchNorm(module + (inverted ? "bn3" : "bn2"), out.axis());
    return out;
  }

  private Stream plain(String module, MobileBlock block, Stream in) {
    Stream out = out(module, block, in);
    builder.convolution(module + block.last(), out.axis(), in.axis(), after(block));
    builder.batchNorm(module + "bn1", out.axis());
    return out;
  }

  /** Moves behind the convolution of a block that has its kernel and stride. */
  private Window after(MobileBlock block) {
    at = at.after(block.kernel(), block.stride());
    return at.window(block.kernel(), block.stride());
  }

  /** Returns where a block leads to: its input if it adds to that, or the stream that it opens. */
  private Stream out(String module, MobileBlock block, Stream in) {
    int width = variant.scaled(block.channels());
    if (block.kind() != Kind.PLAIN && block.stride() == 1 && in.width() == width) {
      return in;
    }
    String stage = module.substring(0, module.indexOf('.', "blocks.".length()));
    var written = new Axis(stage + ".stream", width, AxisKind.CHANNELS, stage);
    return new Stream(builder.axis(written), width);
  }

  private Stream expand(String module, MobileBlock block, Stream in) {
    int width = MobileDesign.divisible(in.width() * block.expansion());
    String inner = builder.channels(module + "conv_pw", width);
    builder.convolution(module + "conv_pw", inner, in.axis(), at.window(1, 1));
    builder.batchNorm(module + "bn1", inner);
    return new Stream(inner, width);
  }

  private void squeeze(String module, MobileBlock block, Stream inner) {
    int width = variant.design().squeezed(inner.width(), block.expansion());
    String reduced = builder.channels(module + "conv_reduce", width);
    builder.biasedConvolution(module + "conv_reduce", reduced, inner.axis(), Window.ONCE);
    builder.biasedConvolution(module + "conv_expand", inner.axis(), reduced, Window.ONCE);
  }

  private void head(TimmConfig config, String stream) {
    String out = builder.channels("conv_head", variant.headWidth());
    if (variant.design().poolsBeforeHead()) {
      builder.biasedConvolution("conv_head", out, stream, Window.ONCE);
    } else {
      builder.convolution("conv_head", out, stream, at.window(1, 1));
      builder.batchNorm("bn2", out);
    }
    ClassifierEnds.classifier(builder, config.classes(), "classifier", List.of(out));
  }
}
