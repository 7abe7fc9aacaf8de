package io.espalier.worker.algorithm.search;

import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A profile as plain text: the tables that ModelOpt prints before a search. */
final class ProfileText {
  private static final int SHOWN_AT_EACH_END = 4;

  private final StringBuilder text = new StringBuilder();
  private final Profile profile;

  private ProfileText(Profile profile) {
    this.profile = profile;
  }

  static String of(Profile profile) {
    return new ProfileText(profile).write();
  }

  private String write() {
    text.append("Profiling results: ").append(profile.architecture()).append('\n');
    table(List.of("constraint", "min", "centroid", "max", "max/min ratio"), costs());
    if (!profile.constraints().isEmpty()) {
      text.append("\nConstraints evaluation\n");
      table(List.of("constraint", "asked", "upper bound", "satisfiable"), verdicts());
    }
    text.append("\nSearch space summary (* can be chosen)\n");
    table(List.of("  axis", "units", "choices"), axes());
    text.append(
        String.format(
            Locale.ROOT,
            "\nconfigurable axes: %d\nsize of the search space: %s\n%s\n",
            profile.axes().size(),
            Abbreviation.of(profile.spaceSize()),
            profile.advice()));
    return text.toString();
  }

  private List<List<String>> costs() {
    var rows = new ArrayList<List<String>>();
    for (Quantity quantity : Quantity.knownIn(profile.max())) {
      rows.add(
          List.of(
              quantity.key(),
              Abbreviation.of(quantity, quantity.of(profile.min())),
              Abbreviation.of(quantity, quantity.of(profile.centroid())),
              Abbreviation.of(quantity, quantity.of(profile.max())),
              String.format(Locale.ROOT, "%.2f", profile.ratio(quantity))));
    }
    return rows;
  }

  private List<List<String>> verdicts() {
    return profile.constraints().stream()
        .map(
            verdict ->
                List.of(
                    verdict.bound().quantity().key(),
                    verdict.bound().asked(),
                    Abbreviation.of(verdict.bound().quantity(), verdict.bound().limit()),
                    verdict.satisfiable() ? "True" : "False"))
        .toList();
  }

  private List<List<String>> axes() {
    return profile.axes().stream()
        .map(
            choices ->
                List.of(
                    "* " + choices.axis().name(),
                    Integer.toString(choices.axis().units()),
                    shortened(choices)))
        .toList();
  }

  private void table(List<String> header, List<List<String>> rows) {
    var lines = new ArrayList<List<String>>();
    lines.add(header);
    lines.addAll(rows);
    int[] widths = new int[header.size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    for (List<String> line : lines) {
      var row = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        row.append(i == 0 ? "" : " | ").append(padded(line.get(i), widths[i]));
      }
      text.append(row.toString().stripTrailing()).append('\n');
      if (line == header) {
        text.append("-".repeat(row.length())).append('\n');
      }
    }
  }

  private static String padded(String cell, int width) {
    return cell + " ".repeat(width - cell.length());
  }

  private static String shortened(Choices choices) {
    List<Integer> widths = choices.widths();
    int size = widths.size();
    if (size <= 2 * SHOWN_AT_EACH_END) {
      return widths.toString();
    }
    String first = widths.subList(0, SHOWN_AT_EACH_END).toString();
    String last = widths.subList(size - SHOWN_AT_EACH_END, size).toString();
    return first.substring(0, first.length() - 1) + ", ..., " + last.substring(1);
  }
}
