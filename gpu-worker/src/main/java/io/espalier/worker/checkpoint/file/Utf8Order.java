package io.espalier.worker.checkpoint.file;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/**
 * Texts in the order of their UTF-8 bytes, which is that of their code points and that of most
 * languages other than Java.
 */
public final class Utf8Order {
  public static final Comparator<String> COMPARATOR =
      (a, b) -> Arrays.compareUnsigned(utf8(a), utf8(b));

  private Utf8Order() {}

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
