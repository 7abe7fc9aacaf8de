package io.espalier.it;

import static java.util.stream.Collectors.joining;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Commands of a Markdown page and what each prints, from its blocks of the language {@code
 * console}.
 *
 * @param command its words after the launcher's name
 * @param background whether it goes on while the next ones run
 * @param output lines; {@code ...} stands for any number of them
 * @param exitCode how it ends
 */
record Transcript(List<String> command, boolean background, List<String> output, int exitCode) {
  private static final Pattern BLOCK =
      Pattern.compile("^```console\\n(.*?)^```$", Pattern.DOTALL | Pattern.MULTILINE);
  private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|'([^']*)'|(\\S+)");
  private static final Pattern EXIT = Pattern.compile("\\[exit code (\\d+)]");
  private static final String PROMPT = "$ deploy/espalier ";
  private static final String ANY_LINES = "...";

  /** Numbers, times and ids differ from machine to machine and from run to run. */
  private static final Pattern NUMBER =
      Pattern.compile(
          "[0-9a-f]{8}-[0-9a-f-]{27}|\\b[0-9a-f]{12,}\\b|\\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z"
              + "|(?<!\\w)[-+]?\\d[\\d.,:]*(?:[smhd]\\b(?: \\d+[smhd]\\b)*)?");

  /** So is whether a difference in time is within noise. */
  private static final String NOISE = " ~";

  /** The commands of a page, in their order. */
  static List<Transcript> of(String page) {
    List<Transcript> all = new ArrayList<>();
    Matcher block = BLOCK.matcher(page);
    while (block.find()) {
      String joined = block.group(1).replaceAll("\\\\\\n\\s*", " ");
      for (String one : joined.split("(?m)^(?=\\Q" + PROMPT + "\\E)", -1)) {
        if (!one.isBlank()) {
          all.add(command(one));
        }
      }
    }
    return List.copyOf(all);
  }

  private static Transcript command(String text) {
    List<String> lines = text.stripTrailing().lines().toList();
    List<String> words = words(lines.get(0).substring(PROMPT.length()));
    boolean background = words.get(words.size() - 1).equals("&");
    List<String> output = new ArrayList<>(lines.subList(1, lines.size()));
    int code = 0;
    Matcher exit = EXIT.matcher(output.isEmpty() ? "" : output.get(output.size() - 1));
    if (exit.matches()) {
      code = Integer.parseInt(exit.group(1));
      output.remove(output.size() - 1);
    }
    return new Transcript(
        background ? words.subList(0, words.size() - 1) : words, background, output, code);
  }

  private static List<String> words(String line) {
    List<String> words = new ArrayList<>();
    Matcher word = WORD.matcher(line);
    while (word.find()) {
      words.add(word.group().replaceAll("^[\"']|[\"']$", ""));
    }
    return words;
  }

  /** Returns whether it printed what the page says. */
  boolean matches(String printed) {
    String pattern =
        output.stream()
            .map(
                line ->
                    line.equals(ANY_LINES)
                        ? "(?:.*\\n)*?"
                        : Pattern.quote(comparable(line)) + "\\n")
            .collect(joining());
    String found =
        printed.stripTrailing().lines().map(line -> comparable(line) + "\n").collect(joining());
    return Pattern.matches(pattern, found);
  }

  private static String comparable(String line) {
    return NUMBER.matcher(line).replaceAll("#").replace(NOISE, "").replaceAll("\\s+", " ").strip();
  }
}
