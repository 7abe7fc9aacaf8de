package io.espalier.worker.algorithm.quantize;

import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import java.util.ArrayList;
import java.util.List;

/**
 * A linear layer that is quantized.
 *
 * @param module its name
 * @param weight its weight as it is, (outputs, inputs)
 * @param scheme how it is stored
 */
public record QuantizedLayer(String module, TensorHeader weight, WeightScheme scheme) {
  /** A tensor that takes the place of the weight, by the end of its name. */
  enum Part {
    /** Numbers, one to an element. */
    PLAIN("weight"),
    /** Integers, several to a word. */
    PACKED("weight_packed"),
    SCALE("weight_scale"),
    ZERO_POINT("weight_zero_point"),
    SHAPE("weight_shape");

    private final String ending;

    Part(String ending) {
      this.ending = ending;
    }
  }

  /** Number of outputs. */
  public int outputs() {
    return (int) weight.shape()[0];
  }

  /** Number of inputs. */
  public int inputs() {
    return (int) weight.shape()[1];
  }

  /** Type in which scales are stored: that of the weights, but no finer than float32. */
  DType scaleType() {
    return weight.dtype() == DType.F64 ? DType.F32 : weight.dtype();
  }

  /** Name of one of its tensors. */
  String name(Part part) {
    return module + "." + part.ending;
  }

  /** The tensors that take the place of the weight. */
  List<Part> parts() {
    List<Part> parts = new ArrayList<>();
    boolean packed = scheme.format().isPacked();
    parts.add(packed ? Part.PACKED : Part.PLAIN);
    parts.add(Part.SCALE);
    if (!scheme.symmetric()) {
      parts.add(Part.ZERO_POINT);
    }
    if (packed) {
      parts.add(Part.SHAPE);
    }
    return parts;
  }

  /** Returns one of these as it is stored. */
  TensorHeader header(Part part) {
    int bits = scheme.format().bits();
    int scales = scheme.scales(inputs());
    String name = name(part);
    return switch (part) {
      case PLAIN ->
          TensorHeader.of(
              name, scheme.format().isFloat() ? DType.F8_E4M3 : DType.I8, outputs(), inputs());
      case PACKED ->
          TensorHeader.of(name, DType.I32, outputs(), PackedIntegers.words(inputs(), bits));
      case SCALE -> TensorHeader.of(name, scaleType(), outputs(), scales);
      case ZERO_POINT ->
          scheme.format().isPacked()
              ? TensorHeader.of(name, DType.I32, PackedIntegers.words(outputs(), bits), scales)
              : TensorHeader.of(name, DType.I8, outputs(), scales);
      case SHAPE -> TensorHeader.of(name, DType.I64, 2);
    };
  }

  /** Bytes of its tensors. */
  public long bytes() {
    return parts().stream().map(this::header).mapToLong(TensorHeader::bytes).sum();
  }

  /** Bits that a weight takes, scales and zero points included. */
  public double bitsPerWeight() {
    return Byte.SIZE * (double) bytes() / weight.elements();
  }
}
