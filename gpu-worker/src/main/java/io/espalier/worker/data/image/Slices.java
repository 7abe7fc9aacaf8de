package io.espalier.worker.data.image;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;

/** Stretches of a file that belong together; copied only when they are joined. */
final class Slices {
  private record Slice(int from, int length) {}

  private final byte[] bytes;
  private final List<Slice> slices = new ArrayList<>();

  Slices(byte[] bytes) {
    this.bytes = bytes;
  }

  void add(int from, int length) {
    slices.add(new Slice(from, length));
  }

  /** Returns whether there is none; one without bytes is one, too. */
  boolean isEmpty() {
    return slices.isEmpty();
  }

  byte[] joined() {
    var joined = new ByteArrayOutputStream(slices.stream().mapToInt(Slice::length).sum());
    slices.forEach(slice -> joined.write(bytes, slice.from, slice.length));
    return joined.toByteArray();
  }
}
