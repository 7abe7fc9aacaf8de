package io.espalier.schemas;

import io.espalier.event.CandidateScore;
import io.espalier.fact.CandidateFact;
import io.espalier.fact.ChangeFacts;
import io.espalier.fact.ConstraintFact;
import io.espalier.fact.WidthFact;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Between facts of what a stage changed and their form in events. */
public final class FactsMapping {
  private FactsMapping() {}

  /** Returns facts as an event has them. */
  public static io.espalier.event.ChangeFacts toAvro(ChangeFacts facts) {
    return new io.espalier.event.ChangeFacts(
        facts.widths().stream().map(FactsMapping::toAvro).toList(),
        facts.constraints().stream().map(FactsMapping::toAvro).toList(),
        facts.candidates().stream().map(FactsMapping::toAvro).toList());
  }

  /** Returns the facts of an event; nothing of an event that has none. */
  public static ChangeFacts fromAvro(io.espalier.event.ChangeFacts facts) {
    return new ChangeFacts(
        facts.getWidths().stream().map(FactsMapping::fromAvro).toList(),
        facts.getConstraints().stream().map(FactsMapping::fromAvro).toList(),
        facts.getCandidates().stream().map(FactsMapping::fromAvro).toList());
  }

  private static io.espalier.event.WidthFact toAvro(WidthFact fact) {
    return new io.espalier.event.WidthFact(
        fact.axis(), fact.kind(), fact.module(), fact.before(), fact.after());
  }

  private static WidthFact fromAvro(io.espalier.event.WidthFact fact) {
    return new WidthFact(
        fact.getAxis(), fact.getKind(), fact.getModule(), fact.getBefore(), fact.getAfter());
  }

  private static io.espalier.event.ConstraintFact toAvro(ConstraintFact fact) {
    return new io.espalier.event.ConstraintFact(
        fact.quantity(), fact.asked(), orNull(fact.limit()), orNull(fact.reached()));
  }

  private static ConstraintFact fromAvro(io.espalier.event.ConstraintFact fact) {
    return new ConstraintFact(
        fact.getQuantity(),
        fact.getAsked(),
        optional(fact.getLimit()),
        optional(fact.getReached()));
  }

  private static io.espalier.event.CandidateFact toAvro(CandidateFact fact) {
    return new io.espalier.event.CandidateFact(
        fact.sizes(),
        fact.layers(),
        fact.cost(),
        fact.score().map(s -> new CandidateScore(s.metric(), s.value())).orElse(null),
        fact.chosen());
  }

  private static CandidateFact fromAvro(io.espalier.event.CandidateFact fact) {
    return new CandidateFact(
        fact.getSizes(),
        fact.getLayers(),
        fact.getCost(),
        Optional.ofNullable(fact.getScore())
            .map(score -> new CandidateFact.Score(score.getMetric(), score.getValue())),
        fact.getChosen());
  }

  private static @Nullable Long orNull(OptionalLong value) {
    return value.isPresent() ? value.getAsLong() : null;
  }

  private static OptionalLong optional(@Nullable Long value) {
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }
}
