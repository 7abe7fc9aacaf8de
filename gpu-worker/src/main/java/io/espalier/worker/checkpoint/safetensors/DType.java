package io.espalier.worker.checkpoint.safetensors;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Element type of a stored tensor, named as the safetensors header writes it.
 *
 * <p>The order of the constants is that of the safetensors library; its writer sorts tensors by it,
 * descending.
 */
public enum DType {
  /** Boolean, one byte each. */
  BOOL(8),
  /** 4-bit float, two to a byte. */
  F4(4),
  /** 6-bit float with 2 bits of exponent. */
  F6_E2M3(6),
  /** 6-bit float with 3 bits of exponent. */
  F6_E3M2(6),
  /** Unsigned byte. */
  U8(8),
  /** Signed byte. */
  I8(8),
  /** 8-bit float with 5 bits of exponent. */
  F8_E5M2(8),
  /** 8-bit float with 4 bits of exponent. */
  F8_E4M3(8),
  /** 8-bit power of two, used as a scale. */
  F8_E8M0(8),
  /** 8-bit float with 4 bits of exponent, without infinities or negative zero. */
  F8_E4M3FNUZ(8),
  /** 8-bit float with 5 bits of exponent, without infinities or negative zero. */
  F8_E5M2FNUZ(8),
  /** Signed 16-bit integer. */
  I16(16),
  /** Unsigned 16-bit integer. */
  U16(16),
  /** IEEE half precision. */
  F16(16),
  /** Upper half of an IEEE single. */
  BF16(16),
  /** Signed 32-bit integer. */
  I32(32),
  /** Unsigned 32-bit integer. */
  U32(32),
  /** IEEE single precision. */
  F32(32),
  /** Two IEEE singles: real and imaginary part. */
  C64(64),
  /** IEEE double precision. */
  F64(64),
  /** Signed 64-bit integer. */
  I64(64),
  /** Unsigned 64-bit integer. */
  U64(64);

  private static final Map<String, DType> BY_NAME =
      Arrays.stream(values()).collect(Collectors.toMap(DType::name, Function.identity()));

  private final int bits;

  DType(int bits) {
    this.bits = bits;
  }

  /** Bits per element. */
  public int bits() {
    return bits;
  }

  /** The type that a header names, or empty if there is none of that name. */
  public static Optional<DType> of(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /**
   * Bytes of a tensor of this type.
   *
   * @throws ArithmeticException if the size does not fit 63 bits or is no whole number of bytes
   */
  public long bytes(long[] shape) {
    long size = bits;
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new ArithmeticException("negative dimension " + dimension);
      }
      size = Math.multiplyExact(size, dimension);
    }
    if (size % Byte.SIZE != 0) {
      throw new ArithmeticException("%d bits are no whole number of bytes".formatted(size));
    }
    return size / Byte.SIZE;
  }
}
