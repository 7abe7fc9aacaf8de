package io.espalier.worker.model.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.data.Normalization;
import io.espalier.worker.data.image.ImageSize;
import io.espalier.worker.data.image.ImageStep;
import io.espalier.worker.data.image.Preparation;
import io.espalier.worker.data.image.Resampling;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;

/**
 * Content of transformers' preprocessor_config.json on the images a model takes. What it leaves out
 * is as the class that it names has it. Where 4.57 and 5 differ, 5 holds.
 *
 * <p>Source: transformers 5.24.0, {@code image_processing_backends.py} and the processors of the
 * {@link ProcessorKind}s; 4.57.6, {@code image_transforms.py}.
 *
 * @param size of what comes out
 * @param steps from an image to that size
 * @param reversed whether blue comes first
 * @param normalization of what comes out
 */
record ImageProcessor(
    ImageSize size, List<ImageStep> steps, boolean reversed, Normalization normalization) {
  /** The file's name. */
  static final String FILE = "preprocessor_config.json";

  /** ConvNeXT's processor does not crop what is at least so large. */
  private static final int NEVER_CROPPED = 384;

  private static final double CROPPED = 224 / 256.0;
  private static final double BYTE = 255;

  ImageProcessor {
    steps = List.copyOf(steps);
  }

  /**
   * Reads the file.
   *
   * @throws InvalidInputException if it does not make sense; names every problem
   */
  static ImageProcessor of(JsonNode says) {
    var fields = new ProcessorFields(says);
    ProcessorKind kind = fields.kind();
    var steps = new ArrayList<ImageStep>();
    ProcessorFields.Size size = fields.size(kind);
    ImageSize out = size.square();
    if (fields.flag("do_resize", true)) {
      Resampling filter = fields.resample(kind);
      steps.addAll(
          kind == ProcessorKind.CONVNEXT
              ? convNext(size.height(), fields.number("crop_pct", CROPPED), filter)
              : List.of(size.step(filter)));
    }
    if (fields.flag("do_center_crop", kind.cropped() > 0)) {
      out = fields.cropSize(kind);
      steps.add(Preparation.transformersCrop(out));
    }
    boolean reversed =
        kind == ProcessorKind.MOBILEVIT && fields.flag("do_flip_channel_order", true);
    Normalization normalization = normalization(fields, kind);
    fields.refuse();
    return new ImageProcessor(out, steps, reversed, normalization);
  }

  private static List<ImageStep> convNext(int edge, double share, Resampling filter) {
    var size = new ImageSize(edge, edge);
    return edge < NEVER_CROPPED && share > 0
        ? List.of(
            Preparation.transformersShortestEdge((int) (edge / share), filter),
            Preparation.transformersCrop(size))
        : List.of(Preparation.transformersExact(size, filter));
  }

  /** (value × factor - mean) / std, in the unit of the full range. */
  private static Normalization normalization(ProcessorFields fields, ProcessorKind kind) {
    boolean normalizes = fields.flag("do_normalize", kind != ProcessorKind.MOBILEVIT);
    double factor = fields.flag("do_rescale", true) ? fields.number("rescale_factor", 1 / BYTE) : 1;
    double full = Math.abs(factor * BYTE - 1) < 1e-9 ? 1 : factor * BYTE;
    List<Double> mean =
        normalizes
            ? fields.perChannel("image_mean", kind.normalization().mean())
            : List.of(0., 0., 0.);
    List<Double> std =
        normalizes
            ? fields.perChannel("image_std", kind.normalization().std())
            : List.of(1., 1., 1.);
    fields.requirePositive("image_std", std);
    return fields.sound()
        ? new Normalization(
            mean.stream().map(value -> value / full).toList(),
            std.stream().map(value -> value / full).toList())
        : Normalization.IMAGENET;
  }

  /**
   * A config with {@code input_size}, {@code mean} and {@code std} as said here, if it has none.
   */
  JsonNode complete(ObjectNode config) {
    ObjectNode complete = config.deepCopy();
    if (TimmTransform.find(config, "input_size").isMissingNode()) {
      complete
          .putArray("input_size")
          .add(config.path("num_channels").asInt(3))
          .add(size.height())
          .add(size.width());
    }
    if (TimmTransform.find(config, "mean").isMissingNode()) {
      normalization.mean().forEach(complete.putArray("mean")::add);
    }
    if (TimmTransform.find(config, "std").isMissingNode()) {
      normalization.std().forEach(complete.putArray("std")::add);
    }
    return complete;
  }
}
