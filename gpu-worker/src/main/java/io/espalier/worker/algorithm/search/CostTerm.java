package io.espalier.worker.algorithm.search;

import java.util.List;

/**
 * One summand of a cost: a function of the sizes of the sides of a layer or tensor.
 *
 * @param sides its sides
 * @param form what it is of their sizes
 */
record CostTerm(List<Side> sides, Form form) {
  /** Indices per unit of an axis. */
  record Part(int axis, int perUnit) {}

  /** A side of a layer or tensor: indices per unit of axes, and indices of no axis. */
  record Side(List<Part> parts, long fixed) {
    Side {
      parts = List.copyOf(parts);
    }

    long at(int[] widths) {
      long size = fixed;
      for (Part part : parts) {
        size += (long) widths[part.axis()] * part.perUnit();
      }
      return size;
    }
  }

  /** A whole number that grows with every size. */
  sealed interface Form {
    long of(long[] sizes);
  }

  /** The product of all sizes, times a factor. */
  record Product(long factor) implements Form {
    @Override
    public long of(long[] sizes) {
      long product = factor;
      for (long size : sizes) {
        product = Math.multiplyExact(product, size);
      }
      return product;
    }
  }

  /** The bytes that as many elements as the product of all sizes take, the last one filled up. */
  record PackedBytes(int bits) implements Form {
    @Override
    public long of(long[] sizes) {
      long all = new Product(bits).of(sizes);
      return (all + Byte.SIZE - 1) / Byte.SIZE;
    }
  }

  /** The nanoseconds of a layer, of which the sizes are its outputs and its inputs. */
  record Nanos(LatencyTable table) implements Form {
    @Override
    public long of(long[] sizes) {
      return table.at(sizes[0], sizes[1]);
    }
  }

  /** Its value with one width per axis. */
  long at(int[] widths) {
    long[] sizes = new long[sides.size()];
    for (int i = 0; i < sizes.length; i++) {
      sizes[i] = sides.get(i).at(widths);
    }
    return form.of(sizes);
  }
}
