package io.espalier.worker.data.image;

/**
 * Resizes an image.
 *
 * @param rule how large it becomes
 * @param size what the rule is about
 * @param filter how its pixels are mixed
 * @param order along what they are mixed first
 */
record Scaling(Rule rule, ImageSize size, Resampling filter, Resize.PassOrder order)
    implements ImageStep {
  /** Rule for an image's size. */
  enum Rule {
    /** As large as said, whatever its proportions. */
    EXACT,
    /** Its shorter edge as long as said, the longer cut off after the point: torchvision. */
    SHORTEST_EDGE,
    /** As large as covers what is said, rounded: timm. */
    COVER,
    /** As large as fits into what is said, rounded: timm. */
    FIT
  }

  @Override
  public ImageSize sizeOf(ImageSize in) {
    double ratioOfRows = (double) in.height() / size.height();
    double ratioOfColumns = (double) in.width() / size.width();
    return switch (rule) {
      case EXACT -> size;
      case SHORTEST_EDGE -> shortestEdge(in);
      case COVER -> divided(in, Math.min(ratioOfRows, ratioOfColumns));
      case FIT -> divided(in, Math.max(ratioOfRows, ratioOfColumns));
    };
  }

  private ImageSize shortestEdge(ImageSize in) {
    int shorter = Math.min(in.height(), in.width());
    int longer = Math.max(in.height(), in.width());
    int edge = size.height();
    int other = (int) ((double) ((long) edge * longer) / shorter);
    return in.width() <= in.height() ? new ImageSize(other, edge) : new ImageSize(edge, other);
  }

  /** Python's rounding, half to even; no image gets empty. */
  private static ImageSize divided(ImageSize in, double ratio) {
    return new ImageSize(
        Math.max(1, (int) Math.rint(in.height() / ratio)),
        Math.max(1, (int) Math.rint(in.width() / ratio)));
  }

  @Override
  public RgbImage apply(RgbImage image) {
    return Resize.to(image, sizeOf(image.size()), filter, order);
  }

  @Override
  public String toString() {
    return switch (rule) {
      case EXACT -> "%s to %s".formatted(filter.key(), size);
      case SHORTEST_EDGE -> "%s to shortest edge %s".formatted(filter.key(), size.height());
      case COVER -> "%s to cover %s".formatted(filter.key(), size);
      case FIT -> "%s to fit %s".formatted(filter.key(), size);
    };
  }
}
