package io.espalier.standalone.client;

import io.espalier.fact.CandidateFact;
import io.espalier.fact.ChangeFacts;
import io.espalier.fact.ConstraintFact;
import io.espalier.fact.WidthFact;
import io.espalier.standalone.report.Figures;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Facts of what a stage changed, for people, in short lines. */
final class FactsText {
  private FactsText() {}

  /** Returns a line for each bound, one for all widths, and one for the candidates. */
  static List<String> of(ChangeFacts facts) {
    var lines = new ArrayList<String>();
    facts.constraints().forEach(bound -> lines.add("asked     " + bound(bound)));
    if (!facts.widths().isEmpty()) {
      lines.add("widths    " + widths(facts.widths()));
    }
    facts.candidates().stream()
        .filter(CandidateFact::chosen)
        .findFirst()
        .ifPresent(
            chosen -> lines.add("chosen    " + candidate(chosen, facts.candidates().size())));
    return lines;
  }

  private static String bound(ConstraintFact bound) {
    var text = new StringBuilder(bound.quantity()).append(' ').append(bound.asked());
    bound.limit().ifPresent(limit -> text.append(": at most ").append(Figures.count(limit)));
    bound.reached().ifPresent(value -> text.append(", reached ").append(Figures.count(value)));
    return text.toString();
  }

  /** Returns the sums of units by kind, since a model may have hundreds of axes. */
  private static String widths(List<WidthFact> widths) {
    Map<String, List<WidthFact>> kinds =
        widths.stream()
            .collect(
                Collectors.groupingBy(WidthFact::kind, LinkedHashMap::new, Collectors.toList()));
    return kinds.entrySet().stream()
        .map(kind -> sum(kind.getKey(), kind.getValue()))
        .collect(Collectors.joining("; "));
  }

  private static String sum(String kind, List<WidthFact> widths) {
    long before = widths.stream().mapToLong(WidthFact::before).sum();
    long after = widths.stream().mapToLong(WidthFact::after).sum();
    String text = "%s %s -> %s".formatted(kind, Figures.count(before), Figures.count(after));
    return widths.size() > 1 ? "%s in %d modules".formatted(text, widths.size()) : text;
  }

  private static String candidate(CandidateFact chosen, int all) {
    String sizes =
        new TreeMap<>(chosen.sizes())
            .entrySet().stream()
                .map(size -> size.getKey() + " " + size.getValue())
                .collect(Collectors.joining(", "));
    return "%s of %d candidates%s"
        .formatted(
            sizes,
            all,
            chosen
                .score()
                .map(
                    score -> String.format(Locale.ROOT, ", %s %.4g", score.metric(), score.value()))
                .orElse(""));
  }
}
