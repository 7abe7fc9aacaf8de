package io.espalier.worker.data.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnswerTextTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '#',
      value = {
        "The  Theatre, in  the  Park! | theatre in park",
        "a an the | ##",
        "another athens anthem | another athens anthem",
        "U.S.A. | usa",
        "12,500 crowns. | 12500 crowns",
        "the_wall a1 | thewall a1",
        "the-wall | thewall",
        "“The” Pêcheur’s | “ ” pêcheur’s",
        "ÉTÉ | été",
        "²a a² the² ①an Ⓐa aⒶ a٣ | ²a a² the² ①an ⓐ ⓐ a٣",
        "İstanbul ΣΑΣ | i̇stanbul σας",
        "[\\]^`{}~@:;<=>?!\"$%&'()*+,-./ x | x",
      })
  void normalisation_is_that_of_the_official_script(String answer, String normalized) {
    assertThat(AnswerText.normalize(answer)).isEqualTo(normalized);
  }

  @Test
  void spaces_and_words_are_those_of_python() {
    assertThat(AnswerText.normalize("one\u00a0two\u001cthree\u2003four\u200bfive"))
        .isEqualTo("one two three four\u200bfive");
    // A combining accent is no part of a word for Python, so that an article is seen before it.
    assertThat(AnswerText.normalize("a\u0301 b")).isEqualTo("\u0301 b");
  }

  @Test
  void f1_counts_words_that_occur_several_times_as_often_as_both_have_them() {
    assertThat(AnswerText.f1("red red blue", "red red red green"))
        .isCloseTo(4.0 / 7, within(1e-15));
    assertThat(AnswerText.f1("red", "blue")).isZero();
    assertThat(AnswerText.f1("the red", "Red.")).isEqualTo(1);
  }

  @Test
  void an_empty_answer_is_right_only_if_the_right_one_is_empty() {
    assertThat(AnswerText.f1("", "")).isEqualTo(1);
    assertThat(AnswerText.f1("", "the")).isEqualTo(1);
    assertThat(AnswerText.f1("", "red")).isZero();
    assertThat(AnswerText.f1("red", "")).isZero();
    assertThat(AnswerText.exact("", "!")).isEqualTo(1);
  }

  @Test
  void right_answers_of_which_nothing_remains_do_not_count() {
    assertThat(AnswerText.countable(List.of("the", "Red"))).containsExactly("Red");
    assertThat(AnswerText.countable(List.of("the", "!"))).containsExactly("");
    assertThat(AnswerText.countable(List.of())).containsExactly("");
  }
}
