package io.espalier.standalone.command;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** The reader of times in the past: an age such as {@code 2h}, or a time in ISO 8601. */
final class PastTime implements ITypeConverter<Instant> {
  private static final Pattern AGE = Pattern.compile("([0-9]{1,9})([smhd])");

  @Override
  public Instant convert(String text) {
    return read(text, Instant.now());
  }

  /**
   * Reads a time.
   *
   * @param now what ages are counted from
   * @throws TypeConversionException if it is none
   */
  static Instant read(String text, Instant now) {
    Matcher age = AGE.matcher(text);
    if (age.matches()) {
      long count = Long.parseLong(age.group(1));
      return now.minus(
          switch (age.group(2)) {
            case "s" -> Duration.ofSeconds(count);
            case "m" -> Duration.ofMinutes(count);
            case "h" -> Duration.ofHours(count);
            default -> Duration.ofDays(count);
          });
    }
    try {
      return Instant.parse(text);
    } catch (DateTimeException neither) {
      throw new TypeConversionException(
          "wanted an age such as 30m, 2h or 7d, or a time such as 2026-06-01T12:00:00Z, found '%s'"
              .formatted(text.length() > 80 ? text.substring(0, 80) : text));
    }
  }
}
