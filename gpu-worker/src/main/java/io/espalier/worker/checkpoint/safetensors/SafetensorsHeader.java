package io.espalier.worker.checkpoint.safetensors;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The head of a safetensors file: which tensors lie where.
 *
 * @param tensors by name, in the order of their data
 * @param metadata free text by key
 * @param dataStart offset in the file at which the data begin
 */
public record SafetensorsHeader(
    Map<String, Place> tensors, Map<String, String> metadata, long dataStart) {
  /** Key under which the header keeps {@link #metadata}. */
  static final String METADATA = "__metadata__";

  /**
   * Length of the longest header that is read, in bytes: 250,000 tensors of the usual description,
   * more than any model has in all its files. The library's bound is three times that, which would
   * fill the heap of a stage.
   */
  static final long LONGEST = 32L << 20;

  /**
   * Place of a tensor.
   *
   * @param header what it is
   * @param offset offset of its first byte from the start of the data
   */
  public record Place(TensorHeader header, long offset) {
    long end() {
      return offset + header.bytes();
    }
  }

  public SafetensorsHeader {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }

  /** Size of the whole file. */
  long fileBytes() {
    return dataStart + dataBytes();
  }

  /** Size of the data alone. */
  public long dataBytes() {
    return tensors.values().stream().mapToLong(place -> place.header().bytes()).sum();
  }

  /** Elements of all tensors together. */
  public long elements() {
    return tensors.values().stream().mapToLong(place -> place.header().elements()).sum();
  }
}
