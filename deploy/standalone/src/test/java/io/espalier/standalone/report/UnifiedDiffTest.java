package io.espalier.standalone.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Expected texts are those of GNU {@code diff -u}, without its two lines of names. */
class UnifiedDiffTest {
  private static final String TWENTY =
      IntStream.rangeClosed(1, 20)
          .mapToObj(line -> "line " + line + "\n")
          .collect(Collectors.joining());

  @Test
  void texts_that_are_the_same_have_no_difference() {
    assertThat(UnifiedDiff.of(TWENTY, TWENTY)).isEmpty();
    assertThat(UnifiedDiff.of("", "")).isEmpty();
  }

  @Test
  void differences_that_are_close_share_a_part_and_others_have_their_own() {
    String changed =
        TWENTY
            .replace("line 3\n", "line three\n")
            .replace("line 9\n", "")
            .replace("line 16\n", "line 16\nmore\n");

    assertThat(UnifiedDiff.of(TWENTY, changed))
        .isEqualTo(
            """
            @@ -1,12 +1,11 @@
             line 1
             line 2
            -line 3
            +line three
             line 4
             line 5
             line 6
             line 7
             line 8
            -line 9
             line 10
             line 11
             line 12
            @@ -14,6 +13,7 @@
             line 14
             line 15
             line 16
            +more
             line 17
             line 18
             line 19
            """);
  }

  @Test
  void differences_at_both_ends_have_no_more_around_them_than_there_is() {
    String changed = TWENTY.replace("line 2\n", "two\n").replace("line 20\n", "twenty\n");

    assertThat(UnifiedDiff.of(TWENTY, changed))
        .isEqualTo(
            """
            @@ -1,5 +1,5 @@
             line 1
            -line 2
            +two
             line 3
             line 4
             line 5
            @@ -17,4 +17,4 @@
             line 17
             line 18
             line 19
            -line 20
            +twenty
            """);
  }

  @Test
  void a_text_that_comes_or_goes_as_a_whole_is_all_difference() {
    assertThat(UnifiedDiff.of("", "x\n")).isEqualTo("@@ -0,0 +1 @@\n+x\n");
    assertThat(UnifiedDiff.of("x\n", "")).isEqualTo("@@ -1 +0,0 @@\n-x\n");
  }
}
