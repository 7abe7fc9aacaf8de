package io.espalier.worker.model.image;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.espalier.worker.data.InputSpec;
import io.espalier.worker.data.image.ImageSize;
import io.espalier.worker.data.image.ImageStep;
import io.espalier.worker.data.image.Preparation;
import io.espalier.worker.data.image.Resampling;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * timm's preparation of images for evaluation, as a config.json says it at the top or in {@code
 * pretrained_cfg}; what is left out is as timm has it. Sizes for tests ({@code test_input_size},
 * {@code test_crop_pct}) do not count, as in timm's {@code resolve_model_data_config}.
 *
 * <p>Source: timm 1.0.31, {@code data/config.py} and {@code transforms_imagenet_eval} of {@code
 * data/transforms_factory.py}.
 *
 * @param size of what comes out
 * @param cropped the share of the resized image that is left by cropping
 * @param mode how it is resized
 * @param filter how its pixels are mixed
 * @param fill what is put around it where needed
 * @param stated whether the config says any of it
 */
record TimmTransform(
    ImageSize size,
    double cropped,
    Mode mode,
    Resampling filter,
    List<Integer> fill,
    boolean stated) {
  /** Resizing of an image before it is cropped. */
  enum Mode {
    CENTER,
    SQUASH,
    BORDER
  }

  private static final double CROPPED = 0.875;
  private static final int FULL = 255;
  private static final List<String> HOW = List.of("crop_pct", "crop_mode", "interpolation");
  private static final List<String> WHAT = List.of("input_size", "mean", "std");

  TimmTransform {
    fill = List.copyOf(fill);
  }

  /** Returns whether a config says anything of images. */
  static boolean isIn(JsonNode config) {
    return Stream.concat(HOW.stream(), WHAT.stream())
        .anyMatch(key -> !find(config, key).isMissingNode());
  }

  /** Returns whether a config says how images get their size. */
  static boolean isStatedIn(JsonNode config) {
    return HOW.stream().anyMatch(key -> !find(config, key).isMissingNode());
  }

  /**
   * Returns what a config says at the top, or else in {@code pretrained_cfg}; null says nothing.
   */
  static JsonNode find(JsonNode config, String key) {
    return Stream.of(config.path(key), config.path("pretrained_cfg").path(key))
        .filter(value -> !value.isMissingNode() && !value.isNull())
        .findFirst()
        .orElse(MissingNode.getInstance());
  }

  /**
   * Reads a config.
   *
   * @throws InvalidInputException if it makes no sense; names every problem
   */
  static TimmTransform of(JsonNode config, InputSpec input) {
    var problems = new ArrayList<String>();
    JsonNode share = find(config, "crop_pct");
    double cropped = share.isMissingNode() || share.asDouble() == 0 ? CROPPED : share.asDouble();
    if (!(cropped > 0) || cropped > 16 || !(share.isMissingNode() || share.isNumber())) {
      problems.add("config.json: crop_pct must be a positive number, found " + share);
    }
    Optional<Mode> mode = word(config, "crop_mode", "center").flatMap(TimmTransform::mode);
    if (mode.isEmpty()) {
      problems.add(
          "config.json: crop_mode must be center, squash or border, found "
              + find(config, "crop_mode"));
    }
    Optional<Resampling> filter =
        word(config, "interpolation", "bicubic").flatMap(Resampling::named);
    if (filter.isEmpty()) {
      problems.add(
          "config.json: interpolation must be one of nearest, box, bilinear, hamming, bicubic,"
              + " lanczos, found "
              + find(config, "interpolation"));
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return new TimmTransform(
        input.imageSize(),
        cropped,
        mode.orElseThrow(),
        filter.orElseThrow(),
        input.normalization().mean().stream().map(mean -> (int) Math.rint(FULL * mean)).toList(),
        isStatedIn(config));
  }

  private static Optional<String> word(JsonNode config, String key, String usual) {
    JsonNode said = find(config, key);
    return said.isMissingNode() || said.asText().isEmpty()
        ? Optional.of(usual)
        : Optional.of(said.asText());
  }

  private static Optional<Mode> mode(String word) {
    return Stream.of(Mode.values())
        .filter(mode -> mode.name().equals(word.toUpperCase(java.util.Locale.ROOT)))
        .findFirst();
  }

  /** The steps, with who says so. */
  Preparation preparation(String source) {
    var scaled = new ImageSize(scaled(size.height()), scaled(size.width()));
    List<ImageStep> steps =
        switch (mode) {
          case SQUASH ->
              List.of(Preparation.exact(scaled, filter), Preparation.torchvisionCrop(size));
          case BORDER -> List.of(Preparation.fit(scaled, filter), Preparation.timmCrop(size, fill));
          case CENTER ->
              List.of(
                  scaled.height() == scaled.width()
                      ? Preparation.shortestEdge(scaled.height(), filter)
                      : Preparation.cover(scaled, filter),
                  Preparation.torchvisionCrop(size));
        };
    return new Preparation(
        steps,
        false,
        false,
        stated ? source : "%s does not say; timm's defaults".formatted(source),
        stated);
  }

  private int scaled(int edge) {
    return Math.max(1, (int) Math.floor(edge / cropped));
  }
}
