package io.espalier.streams.domain.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.PropertySeed;
import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.model.ModelRef;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** However policies are found, those are found that are for a model when one asks each of them. */
final class PoliciesProperties {
  @Property(seed = PropertySeed.FIXED)
  void the_policies_that_match_are_those_that_accept_the_model(
      @ForAll("matches") List<Match> matches, @ForAll("models") List<Model> models) {
    List<Policy> policies = new ArrayList<>();
    matches.forEach(match -> policies.add(policy(policies.size(), match)));
    Policies book = new Policies(policies);

    for (Model model : models) {
      assertThat(book.matching(model))
          .isEqualTo(policies.stream().filter(policy -> policy.accepts(model)).toList());
    }
  }

  @Property(seed = PropertySeed.FIXED)
  void a_policy_accepts_a_model_if_and_only_if_every_condition_that_is_told_holds(
      @ForAll("matches") List<Match> matches, @ForAll("models") List<Model> models) {
    for (Model model : models) {
      for (Match match : matches) {
        Policy policy = policy(matches.indexOf(match), match);

        assertThat(policy.conditions(model).stream().allMatch(Condition::holds))
            .isEqualTo(policy.accepts(model));
      }
    }
  }

  private static Policy policy(int number, Match match) {
    Policy usual = Samples.policy(1, List.of(), match);
    return new Policy(
        "policy-%02d".formatted(number),
        usual.generation(),
        match,
        number % 3,
        usual.data(),
        usual.stages(),
        usual.gates(),
        usual.onGateFailure(),
        usual.placement(),
        usual.effort(),
        usual.seed());
  }

  @Provide
  Arbitrary<List<Match>> matches() {
    Arbitrary<Glob> globs = Arbitraries.strings().withChars("ab*?").ofMaxLength(4).map(Glob::new);
    return Combinators.combine(
            Arbitraries.of("classify", "generate").optional(0.5),
            globs.list().ofMaxSize(2),
            Arbitraries.of("resnet", "bert").set().ofMaxSize(2),
            labels())
        .as((task, names, families, labels) -> new Match(task, names, Set.copyOf(families), labels))
        .list()
        .ofMaxSize(12);
  }

  @Provide
  Arbitrary<List<Model>> models() {
    return Combinators.combine(
            Arbitraries.strings().withChars("ab").ofMinLength(1).ofMaxLength(4),
            Arbitraries.of("classify", "generate"),
            Arbitraries.of("resnet", "bert").optional(0.7),
            labels(),
            Arbitraries.integers().between(0, 2))
        .as(PoliciesProperties::model)
        .list()
        .ofMinSize(1)
        .ofMaxSize(6);
  }

  private static Model model(
      String name,
      String task,
      Optional<String> family,
      Map<String, String> labels,
      int generation) {
    Model usual = Samples.model(name, "default", generation);
    return new Model(
        new ModelRef(name, "1"),
        usual.artifact(),
        task,
        family,
        usual.parameters(),
        usual.datasets(),
        labels,
        usual.origin());
  }

  private static Arbitrary<Map<String, String>> labels() {
    return Arbitraries.maps(Arbitraries.of("tier", "team"), Arbitraries.of("edge", "cloud"))
        .ofMaxSize(2);
  }
}
