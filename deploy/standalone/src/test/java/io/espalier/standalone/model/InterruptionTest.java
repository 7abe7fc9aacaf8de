package io.espalier.standalone.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class InterruptionTest {
  private final ByteArrayOutputStream told = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(told, true, StandardCharsets.UTF_8);

  @Test
  void work_that_is_interrupted_clears_up_before_it_is_said_what_is_left() throws Exception {
    var interruption = Interruption.watch("scores are kept in /scores", out);
    var signal = new Thread(interruption::interrupt);

    signal.start();
    boolean asked = interruption.stop().await(Duration.ofSeconds(30));
    String before = told.toString(StandardCharsets.UTF_8);
    interruption.close();
    signal.join();

    assertThat(asked).isTrue();
    assertThat(before).isEmpty();
    assertThat(told.toString(StandardCharsets.UTF_8).strip())
        .isEqualTo("interrupted: scores are kept in /scores");
  }

  @Test
  void work_that_ends_by_itself_leaves_nothing_to_say() {
    var interruption = Interruption.watch("nothing", out);

    interruption.close();

    assertThat(interruption.stop().requested()).isEmpty();
    assertThat(told.size()).isZero();
  }
}
