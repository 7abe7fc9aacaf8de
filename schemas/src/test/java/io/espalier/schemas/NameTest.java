package io.espalier.schemas;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NameTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "resnet",
        "acme/resnet-50",
        "acme/vision/resnet-50.v2",
        "größe",
        "モデル/検査",
        "model with spaces",
        "100% — (final)",
        "😀"
      })
  void a_name_that_is_what_it_looks_like_is_taken(String name) {
    assertThat(Name.pathProblem("a model's name", name)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "a\u0000b",
        "a\nb",
        "a\tb",
        "a\u001b[2Jb",
        "a\u007fb", // C0
        "a\u0085b",
        "a\u009b2Jb", // C1
        "a\u202Eb",
        "a\u2066b",
        "a\u2069b",
        "a\u061Cb",
        "a\u200Fb", // bidirectional
        "a\u200Bb",
        "a\u200Db",
        "a\u2060b",
        "a\uFEFFb",
        "a\u00ADb", // of no width
        "a\u2028b",
        "a\u2029b", // separators
        "a\uD83Db", // half of a pair
        "a\uDB40\uDC41b" // tag
      })
  void characters_that_hide_or_deceive_are_refused_everywhere(String name) {
    assertThat(Name.pathProblem("a model's name", name))
        .hasValueSatisfying(
            problem ->
                assertThat(problem).contains("a model's name must have no control", "found U+"));
    assertThat(Name.problem("a version", name)).isPresent();
    assertThat(Name.textProblem("a label", name)).isPresent();
  }

  @Test
  void a_name_is_in_normal_form_c() {
    assertThat(Name.pathProblem("a name", "gro\u0308ße"))
        .hasValueSatisfying(problem -> assertThat(problem).contains("normal form C"));
    assertThat(Name.pathProblem("a name", "gr\u00f6ße")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/",
        "a/",
        "/a",
        "a//b",
        ".",
        "..",
        "../../evil",
        "a/../b",
        "a/./b",
        ".hidden",
        "a/.incoming-b",
        "a\\b",
        " ",
        "a/ /b",
        "a /b",
        "a/\u00a0",
        "\u3000a",
        "a\u2003"
      })
  void segments_that_are_no_plain_file_names_are_refused(String name) {
    assertThat(Name.pathProblem("a model's name", name)).isPresent();
  }

  @Test
  void a_version_has_one_segment() {
    assertThat(Name.problem("a version", "1.0-rc1")).isEmpty();
    assertThat(Name.problem("a version", "")).isPresent();
    assertThat(Name.problem("a version", "..")).isPresent();
    assertThat(Name.problem("a version", "1/2")).isPresent();
  }

  @Test
  void a_text_may_be_empty_and_hold_slashes() {
    assertThat(Name.textProblem("a label", "")).isEmpty();
    assertThat(Name.textProblem("a label", "file:///a/../b")).isEmpty();
    assertThat(Name.textProblem("a label", " ")).isEmpty();
  }

  @Test
  void limits_count_bytes_not_letters() {
    assertThat(Name.problem("a version", "x".repeat(200))).isEmpty();
    assertThat(Name.problem("a version", "x".repeat(201))).isPresent();
    assertThat(Name.problem("a version", "ö".repeat(100))).isEmpty();
    assertThat(Name.problem("a version", "ö".repeat(101))).isPresent();
    assertThat(Name.textProblem("a label", "x".repeat(1024))).isEmpty();
    assertThat(Name.textProblem("a label", "x".repeat(1025))).isPresent();
    assertThat(Name.textProblem("a label", "😀".repeat(257))).isPresent();
  }

  @Test
  void five_thousand_slashes_take_no_time() {
    long begin = System.nanoTime();

    assertThat(Name.pathProblem("a name", "a/".repeat(5_000) + "a")).isPresent();
    assertThat(Name.pathProblem("a name", "a/".repeat(511) + "a")).isEmpty();
    assertThat(Name.pathProblem("a name", "/".repeat(1_000_000))).isPresent();

    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void a_message_quotes_at_most_eighty_letters_and_no_half_ones() {
    String problem = Name.pathProblem("a name", "😀".repeat(51)).orElseThrow();
    String longer = Name.pathProblem("a name", "." + "😀".repeat(200)).orElseThrow();

    assertThat(problem).contains("'" + "😀".repeat(51) + "'");
    assertThat(longer).contains("'." + "😀".repeat(79) + "...'");
  }
}
