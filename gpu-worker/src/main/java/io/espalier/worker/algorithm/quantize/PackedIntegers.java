package io.espalier.worker.algorithm.quantize;

import java.nio.ByteBuffer;

/**
 * Integers of 4 or 8 bits in words of 32, as compressed-tensors packs them: each less the smallest
 * one, the first in the lowest bits of the first word, the last word filled up with zeros.
 */
final class PackedIntegers {
  private PackedIntegers() {}

  /** Words that so many integers take. */
  static int words(int count, int bits) {
    int perWord = Integer.SIZE / bits;
    return (count + perWord - 1) / perWord;
  }

  /**
   * Packs integers into a little-endian buffer.
   *
   * @param step from each of them to the next in the array
   */
  static void pack(byte[] integers, int from, int count, int step, int bits, ByteBuffer into) {
    int perWord = Integer.SIZE / bits;
    int offset = 1 << (bits - 1);
    for (int first = 0; first < count; first += perWord) {
      int word = 0;
      for (int i = Math.min(perWord, count - first) - 1; i >= 0; i--) {
        word = (word << bits) | (integers[from + (first + i) * step] + offset);
      }
      into.putInt(word);
    }
  }

  /** Unpacks what lies at the position of a little-endian buffer, and moves that on. */
  static void unpack(ByteBuffer from, int bits, byte[] into, int at, int count, int step) {
    int perWord = Integer.SIZE / bits;
    int offset = 1 << (bits - 1);
    int mask = (1 << bits) - 1;
    for (int first = 0; first < count; first += perWord) {
      int word = from.getInt();
      for (int i = 0; i < Math.min(perWord, count - first); i++) {
        into[at + (first + i) * step] = (byte) (((word >>> (i * bits)) & mask) - offset);
      }
    }
  }
}
