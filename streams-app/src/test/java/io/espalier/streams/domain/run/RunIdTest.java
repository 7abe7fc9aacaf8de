package io.espalier.streams.domain.run;

import static io.espalier.streams.domain.Samples.ANY;
import static io.espalier.streams.domain.Samples.START;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.domain.Samples;
import io.espalier.streams.domain.model.ArtifactReference;
import io.espalier.streams.domain.model.Model;
import io.espalier.streams.domain.model.ModelRef;
import io.espalier.streams.domain.model.Origin;
import io.espalier.streams.domain.policy.Policy;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

final class RunIdTest {
  private final Policy policy = Samples.policy(1, List.of(), ANY);

  /** Computed outside: SHA-256 of each field with its length before it as four bytes. */
  @Test
  void it_stays_what_it_is_from_release_to_release() {
    assertThat(
            RunId.of(model("net", "1", "file:///a", Optional.empty()), policy, any -> true).value())
        .isEqualTo("d11017d328ded1602da3393e2ab7c84a");
  }

  @Test
  void it_does_not_depend_on_where_the_model_lies() {
    RunId here = RunId.of(model("net", "1", "file:///a", Optional.empty()), policy, any -> true);
    RunId there = RunId.of(model("net", "1", "file:///b", Optional.empty()), policy, any -> true);

    assertThat(here).isEqualTo(there);
  }

  @Test
  void fields_that_read_the_same_one_after_the_other_are_different_runs() {
    String digest = "ab".repeat(32);

    List<RunId> ids =
        List.of(
            RunId.of(model("ab", "cx", "file:///a", Optional.empty()), policy, any -> true),
            RunId.of(model("a", "bcx", "file:///a", Optional.empty()), policy, any -> true),
            RunId.of(model("abc", "x", "file:///a", Optional.empty()), policy, any -> true),
            RunId.of(model("ab", "cx", "file:///a", Optional.of(digest)), policy, any -> true),
            RunId.of(
                model("ab", "cx" + digest, "file:///a", Optional.empty()), policy, any -> true));

    assertThat(ids).doesNotHaveDuplicates();
  }

  @Test
  void it_is_at_home_where_it_is_asked_to_be() {
    Model model = model("net", "1", "file:///a", Optional.empty());

    RunId id = RunId.of(model, policy, hash -> hash.endsWith("0"));

    assertThat(id.value()).endsWith("0").hasSize(32);
    assertThat(RunId.of(model, policy, hash -> hash.endsWith("0"))).isEqualTo(id);
  }

  private static Model model(String name, String version, String uri, Optional<String> digest) {
    return new Model(
        new ModelRef(name, version),
        new ArtifactReference(uri, digest),
        "image-classification",
        Optional.empty(),
        OptionalLong.empty(),
        Map.of(),
        Map.of(),
        new Origin("test", "default", 0, Optional.empty(), START));
  }
}
