package io.espalier.standalone.report;

import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Colours of words that say how things stand, for terminals: green for what is well, red for what
 * is not, yellow for what goes on or waits. Not where standard output is something else, nor where
 * {@code NO_COLOR} is set (no-color.org) or the terminal is {@code dumb}.
 */
public final class StateColours {
  private static final int RED = 31;
  private static final int GREEN = 32;
  private static final int YELLOW = 33;

  private static final Map<String, Integer> COLOURS =
      Map.ofEntries(
          Map.entry("published", GREEN),
          Map.entry("passed", GREEN),
          Map.entry("ready", GREEN),
          Map.entry("works", GREEN),
          Map.entry("rejected", RED),
          Map.entry("failed", RED),
          Map.entry("warning:", RED),
          Map.entry("planned", YELLOW),
          Map.entry("queued", YELLOW),
          Map.entry("dispatched", YELLOW),
          Map.entry("running", YELLOW),
          Map.entry("backing off", YELLOW));

  /** Words of their own: between blanks, or at an end of a line or before a colon. */
  private static final Pattern WORD =
      Pattern.compile(
          COLOURS.keySet().stream()
              .map(Pattern::quote)
              .collect(Collectors.joining("|", "(?m)(?<=^|\\s)(", ")(?=$|\\s|:)")));

  private StateColours() {}

  /** Returns whether standard output shows colours. */
  public static boolean areShown(Map<String, String> environment) {
    return environment.getOrDefault("NO_COLOR", "").isEmpty()
        && !environment.getOrDefault("TERM", "dumb").equals("dumb")
        && TerminalWidth.isTerminal(TerminalWidth.STANDARD_OUTPUT);
  }

  /** Returns the text with its words of state in colours; widths of columns stay. */
  public static String of(String text) {
    return WORD.matcher(text).replaceAll(StateColours::coloured);
  }

  private static String coloured(MatchResult word) {
    return Matcher.quoteReplacement(
        "\033[%dm%s\033[0m".formatted(COLOURS.getOrDefault(word.group(1), YELLOW), word.group(1)));
  }
}
