package io.espalier.worker.zoo;

import java.util.Random;

/**
 * One drawn image of 3 × 32 × 32 bytes: a shape somewhere before a background, with clutter and
 * noise.
 *
 * <p>Colours, place, size and angle say nothing about the class; a shape may be lighter or darker
 * than what is behind it. Only elementary arithmetic and {@link StrictMath} are used, so that an
 * image is the same on every machine.
 */
final class Drawing {
  static final int SIDE = 32;

  /** Points per pixel along each side, for smooth edges. */
  private static final int POINTS = 3;

  /** Least difference in brightness of a shape from its background; white is 1. */
  private static final double CONTRAST = 0.11;

  /** How much longer or shorter a shape may be in one direction. */
  private static final double STRETCH = 0.25;

  private final Random random;
  private final double[][] planes = new double[3][SIDE * SIDE];

  private Drawing(long seed) {
    this.random = new Random(seed);
  }

  /** An image of a shape: the red, the green and the blue plane, row by row. */
  static byte[] of(Shape shape, long seed) {
    var drawing = new Drawing(seed);
    drawing.draw(shape);
    return drawing.bytes();
  }

  private void draw(Shape shape) {
    double[] behind = colour();
    double[] corner = near(behind);
    double[] colour = contrasting(behind, corner);
    gradient(behind, corner);
    int lines = random.nextInt(4);
    for (int i = 0; i < lines; i++) {
      line(near(behind));
    }
    shape(shape, colour);
    int dots = random.nextInt(6);
    for (int i = 0; i < dots; i++) {
      dot(colour());
    }
    noise(between(0, 0.12));
  }

  private void gradient(double[] from, double[] to) {
    double angle = between(0, 2 * Math.PI);
    double dx = StrictMath.cos(angle) / SIDE;
    double dy = StrictMath.sin(angle) / SIDE;
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        double part = 0.5 + dx * (x - SIDE / 2.0) + dy * (y - SIDE / 2.0);
        for (int channel = 0; channel < 3; channel++) {
          planes[channel][y * SIDE + x] = from[channel] + part * (to[channel] - from[channel]);
        }
      }
    }
  }

  private void shape(Shape shape, double[] colour) {
    double radius = between(6, 12);
    double slack = SIDE / 2.0 - 0.85 * radius;
    double centreX = SIDE / 2.0 + between(-slack, slack);
    double centreY = SIDE / 2.0 + between(-slack, slack);
    double angle = between(0, 2 * Math.PI);
    double cos = StrictMath.cos(angle) / radius;
    double sin = StrictMath.sin(angle) / radius;
    double stretch = 1 + between(-STRETCH, STRETCH);
    fill(
        colour,
        (x, y) -> {
          double dx = x - centreX;
          double dy = y - centreY;
          return shape.contains(stretch * (cos * dx + sin * dy), cos * dy - sin * dx);
        });
  }

  private void line(double[] colour) {
    double angle = between(0, Math.PI);
    double cos = StrictMath.cos(angle);
    double sin = StrictMath.sin(angle);
    double offset = between(-SIDE / 2.0, SIDE / 2.0);
    double half = between(0.4, 0.9);
    fill(
        colour,
        (x, y) -> Math.abs(cos * (x - SIDE / 2.0) + sin * (y - SIDE / 2.0) - offset) < half);
  }

  private void dot(double[] colour) {
    double centreX = between(0, SIDE);
    double centreY = between(0, SIDE);
    double squared = between(0.6, 4);
    fill(colour, (x, y) -> (x - centreX) * (x - centreX) + (y - centreY) * (y - centreY) < squared);
  }

  /** A region of the plane; pixels are of size 1. */
  private interface Region {
    boolean contains(double x, double y);
  }

  private void fill(double[] colour, Region region) {
    for (int y = 0; y < SIDE; y++) {
      for (int x = 0; x < SIDE; x++) {
        double part = covered(region, x, y);
        for (int channel = 0; part > 0 && channel < 3; channel++) {
          double before = planes[channel][y * SIDE + x];
          planes[channel][y * SIDE + x] = before + part * (colour[channel] - before);
        }
      }
    }
  }

  private static double covered(Region region, int x, int y) {
    int inside = 0;
    for (int i = 0; i < POINTS; i++) {
      for (int j = 0; j < POINTS; j++) {
        inside += region.contains(x + (i + 0.5) / POINTS, y + (j + 0.5) / POINTS) ? 1 : 0;
      }
    }
    return inside / (double) (POINTS * POINTS);
  }

  private void noise(double strength) {
    for (double[] plane : planes) {
      for (int p = 0; p < plane.length; p++) {
        plane[p] += strength * random.nextGaussian();
      }
    }
  }

  private double[] colour() {
    return new double[] {random.nextDouble(), random.nextDouble(), random.nextDouble()};
  }

  private double[] near(double[] colour) {
    var near = new double[3];
    for (int channel = 0; channel < 3; channel++) {
      near[channel] = Math.min(1, Math.max(0, colour[channel] + between(-0.25, 0.25)));
    }
    return near;
  }

  private double[] contrasting(double[] first, double[] second) {
    double[] colour = colour();
    while (Math.abs(luminance(colour) - luminance(first)) < CONTRAST
        || Math.abs(luminance(colour) - luminance(second)) < CONTRAST) {
      colour = colour();
    }
    return colour;
  }

  /** Perceived lightness, by the weights of ITU-R BT.601. */
  private static double luminance(double[] colour) {
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2];
  }

  private double between(double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  private byte[] bytes() {
    var bytes = new byte[3 * SIDE * SIDE];
    for (int channel = 0; channel < 3; channel++) {
      for (int p = 0; p < SIDE * SIDE; p++) {
        double value = Math.min(1, Math.max(0, planes[channel][p]));
        bytes[channel * SIDE * SIDE + p] = (byte) Math.round(255 * value);
      }
    }
    return bytes;
  }
}
