package io.espalier.worker.algorithm.quantize;

/** A way to store weights and to read what comes in, by the word of policies. */
public enum QuantizationFormat {
  /** W8A8: weights in int8 per channel, activations in int8 per token, their scales found anew. */
  INT8("int8", 8, false, true),
  /** W8A16: weights in int8 per channel, activations as they are. */
  INT8_WEIGHT_ONLY("int8-weight-only", 8, true, false),
  /** W4A16: weights in int4 per group of neighbouring inputs, activations as they are. */
  INT4("int4", 4, true, false),
  /** FP8: weights in E4M3 per channel, activations in E4M3 per token, their scales found anew. */
  FP8("fp8", 8, false, true);

  private final String word;
  private final int bits;
  private final boolean packed;
  private final boolean activations;

  QuantizationFormat(String word, int bits, boolean packed, boolean activations) {
    this.word = word;
    this.bits = bits;
    this.packed = packed;
    this.activations = activations;
  }

  /** Its word in policies. */
  public String word() {
    return word;
  }

  /** Bits of a stored number. */
  public int bits() {
    return bits;
  }

  /** Returns whether numbers lie packed in words of 32 bits. */
  boolean isPacked() {
    return packed;
  }

  /** Returns whether what comes into a layer is quantized too. */
  public boolean quantizesActivations() {
    return activations;
  }

  /** Returns whether numbers are floats. */
  boolean isFloat() {
    return this == FP8;
  }

  /** Half of the range of its numbers, by which the largest magnitude is divided for a scale. */
  float halfRange() {
    return isFloat() ? Float8.LARGEST : ((1 << bits) - 1) / 2f;
  }

  /** Name of the layout of files in compressed-tensors. */
  String layout() {
    return isFloat() ? "float-quantized" : packed ? "pack-quantized" : "int-quantized";
  }
}
