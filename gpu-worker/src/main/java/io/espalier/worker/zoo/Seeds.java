package io.espalier.worker.zoo;

/** Seeds made from seeds. */
final class Seeds {
  private Seeds() {}

  /**
   * Spreads neighbouring numbers over all bits, since {@link java.util.Random} starts alike from
   * neighbouring seeds. Source: the finalizer of SplitMix64 (Steele, Lea, Flood, Fast splittable
   * pseudorandom number generators, 2014).
   */
  static long mix(long value) {
    long z = value + 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
