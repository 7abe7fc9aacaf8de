package io.espalier.schemas.setting;

import com.fasterxml.jackson.databind.JsonNode;

/** Text of a policy, as messages quote it. */
final class Found {
  private static final int LONGEST = 80;

  private Found() {}

  /** A value as JSON, cut to 80 characters. */
  static String of(JsonNode value) {
    if (value.isMissingNode()) {
      return "nothing";
    }
    return cut(value.toString());
  }

  /** A text, cut to 80 characters. */
  static String cut(String text) {
    return text.length() <= LONGEST ? text : text.substring(0, LONGEST - 3) + "...";
  }
}
