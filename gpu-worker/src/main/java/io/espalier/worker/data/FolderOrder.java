package io.espalier.worker.data;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/** Order by libraries of the directories of classes when nothing else says which class is which. */
public enum FolderOrder {
  /** By code points: torchvision's {@code ImageFolder}, and {@code datasets} of Hugging Face. */
  CODE_POINTS("torchvision"),

  /** Without regard to case, numbers as numbers: timm's {@code natural_key}. */
  NATURAL("timm");

  private static final Pattern PART = Pattern.compile("[0-9]+|[^0-9]+");

  private final String library;

  FolderOrder(String library) {
    this.library = library;
  }

  /** Returns who orders so. */
  String library() {
    return library;
  }

  /** The order; names that are alike in it follow their code points. */
  Comparator<String> comparator() {
    return switch (this) {
      case CODE_POINTS -> FolderOrder::byCodePoints;
      case NATURAL -> FolderOrder::naturally;
    };
  }

  /** The other order. */
  FolderOrder other() {
    return this == NATURAL ? CODE_POINTS : NATURAL;
  }

  private static int byCodePoints(String a, String b) {
    return Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());
  }

  private static int naturally(String a, String b) {
    List<String> first = parts(a);
    List<String> second = parts(b);
    for (int i = 0; i < Math.min(first.size(), second.size()); i++) {
      int order = byPart(first.get(i), second.get(i));
      if (order != 0) {
        return order;
      }
    }
    return first.size() == second.size()
        ? byCodePoints(a, b)
        : Integer.compare(first.size(), second.size());
  }

  private static List<String> parts(String name) {
    return PART.matcher(name.toLowerCase(Locale.ROOT)).results().map(MatchResult::group).toList();
  }

  /** A name that begins with a number comes before others, as if an empty text came before it. */
  private static int byPart(String a, String b) {
    if (isNumber(a) && isNumber(b)) {
      return new BigInteger(a).compareTo(new BigInteger(b));
    }
    if (isNumber(a) != isNumber(b)) {
      return isNumber(a) ? -1 : 1;
    }
    return byCodePoints(a, b);
  }

  private static boolean isNumber(String part) {
    return part.charAt(0) >= '0' && part.charAt(0) <= '9';
  }
}
