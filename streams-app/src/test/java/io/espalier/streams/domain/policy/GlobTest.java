package io.espalier.streams.domain.policy;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.schemas.Name;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class GlobTest {
  @Test
  void as_many_wildcards_are_taken_as_a_policy_file_may_have() {
    assertThat(Glob.MOST_WILDCARDS).isEqualTo(Name.MOST_WILDCARDS);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {
        "resnet*, resnet50, true",
        "*50, resnet50, true",
        "*net*, resnet50, true",
        "res?et50, resnet50, true",
        "a*b*c, aXbXbXc, true",
        "*, anything, true",
        "**, anything, true",
        "a*, a, true",
        "?, 😀, true",
        "resnet, resnet50, false",
        "a?, a, false",
        "a*b, abc, false",
        "a.c, abc, false",
        "A*, abc, false",
        "?, ab, false"
      })
  void a_star_is_any_letters_and_a_question_mark_is_one(String glob, String name, boolean fits) {
    assertThat(new Glob(glob).accepts(name)).isEqualTo(fits);
  }

  @Test
  void many_stars_against_a_long_name_that_nearly_fits_take_no_time_to_speak_of() {
    var glob = new Glob("*a".repeat(20) + "b");
    String name = "a".repeat(1000);

    // with a search that goes back at every star this ends long after the universe
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(20), () -> assertThat(glob.accepts(name)).isFalse());
    assertThat(glob.accepts(name + "b")).isTrue();
  }
}
