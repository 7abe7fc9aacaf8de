package io.espalier.worker.zoo;

/**
 * The ten classes of the drawn data set, in the order of their labels.
 *
 * <p>Every outline fits into the unit circle and is its own mirror image, so that neither turning
 * nor flipping makes one class into another.
 */
enum Shape {
  DISC {
    @Override
    boolean contains(double x, double y) {
      return x * x + y * y < 0.72;
    }
  },
  SQUARE {
    @Override
    boolean contains(double x, double y) {
      return Math.max(Math.abs(x), Math.abs(y)) < 0.71;
    }
  },
  TRIANGLE {
    @Override
    boolean contains(double x, double y) {
      return y > -0.5 && HALF_ROOT_3 * Math.abs(x) + 0.5 * y < 0.5;
    }
  },
  RING {
    @Override
    boolean contains(double x, double y) {
      double squared = x * x + y * y;
      return squared > 0.3 && squared < 0.92;
    }
  },
  PLUS {
    @Override
    boolean contains(double x, double y) {
      double near = Math.min(Math.abs(x), Math.abs(y));
      return near < 0.27 && Math.max(Math.abs(x), Math.abs(y)) < 0.95;
    }
  },
  STAR {
    /** A pentagram lies on the inner side of at least four of its five lines. */
    @Override
    boolean contains(double x, double y) {
      int inside = 0;
      for (double[] normal : STAR_NORMALS) {
        inside += normal[0] * x + normal[1] * y < COS_72 ? 1 : 0;
      }
      return inside >= 4;
    }
  },
  PAIR {
    @Override
    boolean contains(double x, double y) {
      double along = Math.abs(x) - 0.54;
      return along * along + y * y < 0.19;
    }
  },
  CRESCENT {
    @Override
    boolean contains(double x, double y) {
      double beside = x - 0.45;
      return x * x + y * y < 0.86 && beside * beside + y * y > 0.5;
    }
  },
  BAR {
    @Override
    boolean contains(double x, double y) {
      return Math.abs(x) < 0.96 && Math.abs(y) < 0.28;
    }
  },
  FRAME {
    @Override
    boolean contains(double x, double y) {
      double far = Math.max(Math.abs(x), Math.abs(y));
      return far > 0.42 && far < 0.76;
    }
  };

  private static final double HALF_ROOT_3 = StrictMath.sqrt(0.75);
  private static final double COS_72 = StrictMath.cos(StrictMath.toRadians(72));
  private static final double[][] STAR_NORMALS = starNormals();

  /** Returns whether a point is part of the shape, in units of its outer radius. */
  abstract boolean contains(double x, double y);

  private static double[][] starNormals() {
    var normals = new double[5][];
    for (int i = 0; i < normals.length; i++) {
      double angle = StrictMath.toRadians(90 + 72 * i);
      normals[i] = new double[] {StrictMath.cos(angle), StrictMath.sin(angle)};
    }
    return normals;
  }
}
