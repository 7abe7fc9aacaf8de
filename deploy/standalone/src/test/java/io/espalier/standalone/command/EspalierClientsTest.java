package io.espalier.standalone.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands for a running system, as far as they get without one. */
class EspalierClientsTest {
  @Test
  void the_code_of_what_did_not_come_in_time_is_documented() {
    assertThat(Ran.espalier("--help").out())
        .containsPattern("7 +what was waited for did not come in time");
    assertThat(Ran.espalier("runs", "watch", "--help").out()).contains("code is 7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "-1", "10001"})
  void a_limit_is_at_least_one_and_no_more_than_fits_into_memory(String limit) {
    Ran ran = Ran.espalier("runs", "list", "--limit", limit);

    assertThat(ran.code()).isEqualTo(Failures.USAGE);
    assertThat(ran.err()).contains("--limit must be at ");
  }

  @Test
  void a_state_that_does_not_exist_is_refused_with_those_that_do() {
    Ran ran = Ran.espalier("runs", "list", "--state", "sleeping");

    assertThat(ran.code()).isEqualTo(Failures.USAGE);
    assertThat(ran.err()).contains("'sleeping'", "PUBLISHED", "BACKING_OFF");
  }

  @Test
  void all_letters_of_a_topic_go_back_only_when_that_is_confirmed() {
    Ran ran = Ran.espalier("dead-letters", "replay", "--all-from", "run-requests");

    assertThat(ran.code()).isEqualTo(Failures.USAGE);
    assertThat(ran.err())
        .contains("say --yes to have that", "`dead-letters list --from run-requests` first");
  }

  @Test
  void a_letter_by_another_name_is_refused() {
    Ran ran = Ran.espalier("dead-letters", "show", "17");

    assertThat(ran.code()).isEqualTo(Failures.USAGE);
    assertThat(ran.err()).contains("wanted a letter such as 0-17").contains("found '17'");
  }

  @Test
  void names_are_refused_of_what_lists_nothing() {
    Ran ran = Ran.espalier("zoo", "list", "-o", "name");

    assertThat(ran.code()).isEqualTo(Failures.USAGE);
    assertThat(ran.err()).contains("-o name is for commands that list things");
  }
}
