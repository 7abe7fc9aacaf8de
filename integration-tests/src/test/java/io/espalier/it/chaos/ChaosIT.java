package io.espalier.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/**
 * Thirty models, three workers, and a minute in which workers, coordinator and broker are killed
 * and frozen at random. {@code integration-tests/chaos} runs longer.
 */
class ChaosIT {
  private static final long SEED = 20_260_601;

  @Test
  void every_model_is_pruned_once_and_little_is_computed_twice() throws IOException {
    assertThat(Chaos.ofMinutes(1, SEED).run()).isEmpty();
  }
}
