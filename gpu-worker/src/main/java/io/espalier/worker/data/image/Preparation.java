package io.espalier.worker.data.image;

import io.espalier.worker.data.image.Resize.PassOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Preparation of an image to the size that a model takes, before its values are normalised.
 *
 * @param steps one after the other
 * @param upright whether an image is turned as its EXIF data say
 * @param reversed whether blue comes first
 * @param source who says so, in words
 * @param stated whether the model's files say so; if not, it is what is usual
 */
public record Preparation(
    List<ImageStep> steps, boolean upright, boolean reversed, String source, boolean stated) {

  /** A preparation; the steps are copied. */
  public Preparation {
    steps = List.copyOf(steps);
  }

  /**
   * Returns what is done if nothing is said: an image is brought to the size, whatever its
   * proportions.
   */
  public static Preparation usual(ImageSize size) {
    return new Preparation(
        List.of(exact(size, Resampling.BILINEAR)),
        false,
        false,
        "no file of the model says how",
        false);
  }

  /** A step to a size, whatever the proportions, as Pillow takes it. */
  public static ImageStep exact(ImageSize size, Resampling filter) {
    return new Scaling(Scaling.Rule.EXACT, size, filter, PassOrder.PILLOW);
  }

  /** A step to a shortest edge of so many pixels, as Pillow takes it. */
  public static ImageStep shortestEdge(int pixels, Resampling filter) {
    return new Scaling(
        Scaling.Rule.SHORTEST_EDGE, new ImageSize(pixels, pixels), filter, PassOrder.PILLOW);
  }

  /** A step to the smallest image of the same proportions that covers a size. */
  public static ImageStep cover(ImageSize size, Resampling filter) {
    return new Scaling(Scaling.Rule.COVER, size, filter, PassOrder.PILLOW);
  }

  /** A step to the largest image of the same proportions that fits into a size. */
  public static ImageStep fit(ImageSize size, Resampling filter) {
    return new Scaling(Scaling.Rule.FIT, size, filter, PassOrder.PILLOW);
  }

  /** A step to a size, whatever the proportions, as transformers takes it. */
  public static ImageStep transformersExact(ImageSize size, Resampling filter) {
    return new Scaling(Scaling.Rule.EXACT, size, filter, PassOrder.ROWS_FIRST);
  }

  /** A step to a shortest edge of so many pixels, as transformers takes it. */
  public static ImageStep transformersShortestEdge(int pixels, Resampling filter) {
    return new Scaling(
        Scaling.Rule.SHORTEST_EDGE, new ImageSize(pixels, pixels), filter, PassOrder.ROWS_FIRST);
  }

  /** A step to the middle, as torchvision and timm find it. */
  public static ImageStep torchvisionCrop(ImageSize size) {
    return new CentreCrop(size, CentreCrop.Rounding.HALF_TO_EVEN);
  }

  /** A step to the middle as timm finds it, with a colour around images that are too small. */
  public static ImageStep timmCrop(ImageSize size, List<Integer> fill) {
    return new CentreCrop(size, CentreCrop.Rounding.HALF_TO_EVEN, fill);
  }

  /** A step to the middle, as transformers finds it. */
  public static ImageStep transformersCrop(ImageSize size) {
    return new CentreCrop(size, CentreCrop.Rounding.DOWN);
  }

  /** The size that an image will have. */
  public ImageSize sizeOf(ImageSize in) {
    ImageSize size = in;
    for (ImageStep step : steps) {
      size = step.sizeOf(size);
    }
    return size;
  }

  /** The most pixels that an image has on the way to its size. */
  public long mostPixels(ImageSize in) {
    ImageSize size = in;
    long most = in.pixels();
    for (ImageStep step : steps) {
      size = step.sizeOf(size);
      most = Math.max(most, size.pixels());
    }
    return most;
  }

  /** An image as the model takes it, but for the order of channels and the normalisation. */
  public RgbImage apply(RgbImage image) {
    RgbImage prepared = image;
    for (ImageStep step : steps) {
      prepared = step.apply(prepared);
    }
    return prepared;
  }

  /** The channel of an image that becomes a channel of the input. */
  public int channel(int ofInput) {
    return reversed ? RgbImage.CHANNELS - 1 - ofInput : ofInput;
  }

  /** Returns what is done, in words; differs wherever pixels may. */
  public String inWords() {
    var words = new ArrayList<String>();
    words.add(
        steps.isEmpty()
            ? "as they are"
            : steps.stream().map(ImageStep::toString).collect(Collectors.joining(", ")));
    words.add(upright ? "turned as EXIF says" : "not turned as EXIF says");
    if (reversed) {
      words.add("blue first");
    }
    return String.join(", ", words);
  }
}
