package io.espalier.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class TranscriptTest {
  private static final String PAGE =
      """
      Text, and

      ```console
      $ deploy/espalier one --data "a b" \\
          --gate 'c d'
      loss   0.168
      ...
      end
      $ deploy/espalier two &
      ```

      ```
      $ deploy/espalier no
      ```

      ```console
      $ deploy/espalier three
      [exit code 6]
      ```
      """;

  @Test
  void commands_are_read_with_their_words_output_and_exit_code() {
    assertThat(Transcript.of(PAGE))
        .containsExactly(
            new Transcript(
                List.of("one", "--data", "a b", "--gate", "c d"),
                false,
                List.of("loss   0.168", "...", "end"),
                0),
            new Transcript(List.of("two"), true, List.of(), 0),
            new Transcript(List.of("three"), false, List.of(), 6));
  }

  @Test
  void words_count_and_numbers_and_the_width_of_columns_do_not() {
    Transcript one = Transcript.of(PAGE).get(0);

    assertThat(one.matches("loss 12.5\nend\n")).isTrue();
    assertThat(one.matches("loss 12.5\nmore\nand more\nend\n")).isTrue();
    assertThat(one.matches("accuracy 12.5\nend\n")).isFalse();
    assertThat(one.matches("loss 12.5\nend\nmore\n")).isFalse();
  }

  @Test
  void ids_and_times_are_told_from_words() {
    var one =
        new Transcript(
            List.of("list"),
            false,
            List.of("w-0b2e43cf-1c80-11ee-be56-0242ac120002 took 17s, -3.5 % ~"),
            0);

    assertThat(one.matches("w-ffffffff-1c80-11ee-be56-0242ac12aaaa took 1m 2s, +53 %\n")).isTrue();
    assertThat(one.matches("v-ffffffff-1c80-11ee-be56-0242ac12aaaa took 1m 2s, +53 %\n")).isFalse();
  }
}
