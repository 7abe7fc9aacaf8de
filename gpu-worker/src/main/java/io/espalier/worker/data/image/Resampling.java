package io.espalier.worker.data.image;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * Pillow's resampling filters, with its numbers and names.
 *
 * <p>Source: Pillow, {@code src/libImaging/Resample.c}.
 */
public enum Resampling {
  /** The pixel that lies nearest. */
  NEAREST(0, 0),
  /** A windowed sinc over six pixels. */
  LANCZOS(1, 3),
  /** A triangle over two pixels. */
  BILINEAR(2, 1),
  /** Keys' cubic with a = -0.5 over four pixels. */
  BICUBIC(3, 2),
  /** The mean of what a pixel covers. */
  BOX(4, 0.5),
  /** A sinc under Hamming's window over two pixels. */
  HAMMING(5, 1);

  private static final double CUBIC = -0.5;

  private final int number;
  private final double support;

  Resampling(int number, double support) {
    this.number = number;
    this.support = support;
  }

  /** The filter that Pillow and {@code resample} of transformers give this number. */
  public static Optional<Resampling> ofNumber(int number) {
    return Arrays.stream(values()).filter(filter -> filter.number == number).findFirst();
  }

  /** The filter that timm and torchvision give this name, such as {@code bicubic}. */
  public static Optional<Resampling> named(String name) {
    return Arrays.stream(values()).filter(filter -> filter.key().equals(name)).findFirst();
  }

  /** Its name in configs. */
  public String key() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Pixels to each side that weigh in when the size stays. */
  double support() {
    return support;
  }

  /**
   * The weight of a pixel at a distance from the centre, before the weights are made to add up to
   * one.
   */
  double weight(double distance) {
    return switch (this) {
      case NEAREST -> throw new IllegalStateException("the nearest pixel has no weight");
      case LANCZOS -> distance >= -3 && distance < 3 ? sinc(distance) * sinc(distance / 3) : 0;
      case BILINEAR -> Math.max(0, 1 - Math.abs(distance));
      case BICUBIC -> cubic(Math.abs(distance));
      case BOX -> distance > -0.5 && distance <= 0.5 ? 1 : 0;
      case HAMMING -> hamming(Math.abs(distance));
    };
  }

  private static double sinc(double x) {
    return x == 0 ? 1 : StrictMath.sin(x * Math.PI) / (x * Math.PI);
  }

  private static double cubic(double x) {
    if (x < 1) {
      return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1;
    }
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * CUBIC : 0;
  }

  private static double hamming(double x) {
    if (x == 0) {
      return 1;
    }
    double angle = x * Math.PI;
    return x < 1 ? StrictMath.sin(angle) / angle * (0.54 + 0.46 * StrictMath.cos(angle)) : 0;
  }
}
