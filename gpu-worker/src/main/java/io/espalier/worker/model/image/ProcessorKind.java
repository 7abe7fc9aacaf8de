package io.espalier.worker.model.image;

import io.espalier.worker.data.Normalization;
import io.espalier.worker.data.image.Resampling;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Image processors of transformers, with what they take if preprocessor_config.json does not say.
 *
 * <p>Source: transformers 5.24.0, {@code models/*}{@code /image_processing_*.py}.
 */
enum ProcessorKind {
  VIT("ViT", false, 224, Resampling.BILINEAR, 0, Colours.HALF),
  PVT("Pvt", false, 224, Resampling.BILINEAR, 0, Colours.IMAGENET),
  SIGLIP("Siglip", false, 224, Resampling.BICUBIC, 0, Colours.HALF),
  BLIP("Blip", false, 384, Resampling.BICUBIC, 0, Colours.CLIP),
  DEIT("DeiT", false, 256, Resampling.BICUBIC, 224, Colours.HALF),
  BEIT("Beit", false, 256, Resampling.BICUBIC, 224, Colours.HALF),
  BIT("Bit", true, 224, Resampling.BICUBIC, 224, Colours.CLIP),
  VIT_HYBRID("ViTHybrid", true, 224, Resampling.BICUBIC, 224, Colours.CLIP),
  CLIP("CLIP", true, 224, Resampling.BICUBIC, 224, Colours.CLIP),
  CHINESE_CLIP("ChineseCLIP", true, 224, Resampling.BICUBIC, 224, Colours.CLIP),
  MOBILENET_V1("MobileNetV1", true, 256, Resampling.BILINEAR, 224, Colours.HALF),
  MOBILENET_V2("MobileNetV2", true, 256, Resampling.BILINEAR, 224, Colours.HALF),
  MOBILEVIT("MobileViT", true, 224, Resampling.BICUBIC, 256, Colours.HALF),
  CONVNEXT("ConvNext", true, 384, Resampling.BICUBIC, 0, Colours.HALF);

  /** Mean and standard deviation that processors start from. */
  enum Colours {
    HALF,
    IMAGENET,
    CLIP;

    private static final Normalization OF_HALF =
        new Normalization(List.of(0.5, 0.5, 0.5), List.of(0.5, 0.5, 0.5));
    private static final Normalization OF_CLIP =
        new Normalization(
            List.of(0.48145466, 0.4578275, 0.40821073),
            List.of(0.26862954, 0.26130258, 0.27577711));

    Normalization normalization() {
      return switch (this) {
        case HALF -> OF_HALF;
        case IMAGENET -> Normalization.IMAGENET;
        case CLIP -> OF_CLIP;
      };
    }
  }

  private final String stem;
  private final boolean byEdge;
  private final int size;
  private final Resampling filter;
  private final int cropped;
  private final Colours colours;

  /**
   * A kind.
   *
   * @param stem what its class is called, before {@code ImageProcessor}
   * @param byEdge whether one number is the shortest edge, not both edges
   * @param size in pixels
   * @param cropped edge of what is cropped; 0 if nothing is
   */
  ProcessorKind(
      String stem, boolean byEdge, int size, Resampling filter, int cropped, Colours colours) {
    this.stem = stem;
    this.byEdge = byEdge;
    this.size = size;
    this.filter = filter;
    this.cropped = cropped;
    this.colours = colours;
  }

  /**
   * The kind of a class: {@code ViTImageProcessor}, its fast form, or {@code ViTFeatureExtractor}.
   */
  static Optional<ProcessorKind> named(String type) {
    String stem = type.replaceAll("(ImageProcessor(Fast|Pil)?|FeatureExtractor)$", "");
    return Arrays.stream(values()).filter(kind -> kind.stem.equals(stem)).findFirst();
  }

  /** The classes that are known. */
  static List<String> known() {
    return Arrays.stream(values()).map(kind -> kind.stem + "ImageProcessor").toList();
  }

  boolean byEdge() {
    return byEdge;
  }

  int size() {
    return size;
  }

  Resampling filter() {
    return filter;
  }

  int cropped() {
    return cropped;
  }

  Normalization normalization() {
    return colours.normalization();
  }
}
