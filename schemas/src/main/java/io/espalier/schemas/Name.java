package io.espalier.schemas;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.text.Normalizer;
import java.util.Optional;

/**
 * The one rule for names of models, versions, tasks, tenants, policies and labels: what people read
 * and what becomes part of a path must be what it looks like.
 *
 * <p>A name is in Unicode's normal form C and has no control, format, bidirectional, line or
 * paragraph characters. No segment begins with a dot, as files do that are hidden or not complete
 * yet, or begins or ends with a space. A segment has at most 200 bytes of UTF-8, as file systems
 * allow 255 for a file's name with what is added to it; a whole name at most 1,024.
 */
public final class Name {
  /** Wildcards that a pattern of names may have; the coordinator refuses policies with more. */
  public static final int MOST_WILDCARDS = 16;

  private static final int SEGMENT_BYTES = 200;
  private static final int NAME_BYTES = 1024;
  private static final int QUOTED = 80;

  private Name() {}

  /**
   * Returns what is wrong with a name of one or more segments with slashes between them, such as
   * {@code org/model}.
   *
   * @param what what it names, for the message
   */
  public static Optional<String> pathProblem(String what, String name) {
    Optional<String> problem = textProblem(what, name);
    if (problem.isPresent()) {
      return problem;
    }
    for (String segment : name.split("/", -1)) {
      Optional<String> wrong = segmentProblem(what, segment, name);
      if (wrong.isPresent()) {
        return wrong;
      }
    }
    return Optional.empty();
  }

  /** Returns what is wrong with a name of one segment, such as a version or a tenant. */
  public static Optional<String> problem(String what, String name) {
    return textProblem(what, name)
        .or(() -> slashProblem(what, name))
        .or(() -> segmentProblem(what, name, name));
  }

  /** Returns what is wrong with a text that may be empty and may hold slashes, such as a label. */
  public static Optional<String> textProblem(String what, String text) {
    if (text.length() > NAME_BYTES || text.getBytes(UTF_8).length > NAME_BYTES) {
      return Optional.of(
          "%s must have at most %d bytes in UTF-8, found %d characters"
              .formatted(what, NAME_BYTES, text.length()));
    }
    Optional<Integer> hidden = text.codePoints().boxed().filter(Name::deceives).findFirst();
    if (hidden.isPresent()) {
      return Optional.of(
          "%s must have no control, format or bidirectional characters, found U+%04X"
              .formatted(what, hidden.get()));
    }
    return Normalizer.isNormalized(text, Normalizer.Form.NFC)
        ? Optional.empty()
        : Optional.of(
            "%s must be in Unicode's normal form C, found '%s'".formatted(what, quoted(text)));
  }

  /** Returns what is wrong with a pattern in which {@code *} and {@code ?} are wildcards. */
  public static Optional<String> patternProblem(String what, String pattern) {
    Optional<String> problem = textProblem(what, pattern);
    if (problem.isPresent()) {
      return problem;
    }
    long wildcards = pattern.chars().filter(c -> c == '*' || c == '?').count();
    return wildcards <= MOST_WILDCARDS
        ? Optional.empty()
        : Optional.of(
            "%s may have at most %d wildcards, found %d"
                .formatted(what, MOST_WILDCARDS, wildcards));
  }

  private static Optional<String> slashProblem(String what, String name) {
    return name.indexOf('/') < 0
        ? Optional.empty()
        : Optional.of("%s must have no slash, found '%s'".formatted(what, quoted(name)));
  }

  private static Optional<String> segmentProblem(String what, String segment, String name) {
    if (segment.isEmpty()) {
      return Optional.of(
          "%s must not be empty or have an empty segment, found '%s'"
              .formatted(what, quoted(name)));
    }
    if (segment.startsWith(".") || segment.indexOf('\\') >= 0) {
      return Optional.of(
          "%s must have no segment that begins with a dot and no backslash, found '%s'"
              .formatted(what, quoted(name)));
    }
    if (isSpace(segment.codePointAt(0)) || isSpace(segment.codePointBefore(segment.length()))) {
      return Optional.of(
          "%s must have no segment that begins or ends with a space, found '%s'"
              .formatted(what, quoted(name)));
    }
    return segment.getBytes(UTF_8).length <= SEGMENT_BYTES
        ? Optional.empty()
        : Optional.of(
            "%s must have at most %d bytes in UTF-8 between slashes, found '%s'"
                .formatted(what, SEGMENT_BYTES, quoted(segment)));
  }

  private static boolean deceives(int codePoint) {
    return switch (Character.getType(codePoint)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          true;
      default -> false;
    };
  }

  private static boolean isSpace(int codePoint) {
    return Character.isSpaceChar(codePoint) || Character.isWhitespace(codePoint);
  }

  private static String quoted(String text) {
    return text.codePointCount(0, text.length()) <= QUOTED
        ? text
        : text.substring(0, text.offsetByCodePoints(0, QUOTED)) + "...";
  }
}
