package io.espalier.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FaultTest {
  @Test
  void a_seed_gives_the_same_faults_and_all_kinds_happen() {
    List<Fault> faults = drawn(5);

    assertThat(drawn(5)).isEqualTo(faults);
    assertThat(faults)
        .hasAtLeastOneElementOfType(Fault.WorkerKilled.class)
        .hasAtLeastOneElementOfType(Fault.WorkerFrozen.class)
        .hasAtLeastOneElementOfType(Fault.CoordinatorKilled.class)
        .hasAtLeastOneElementOfType(Fault.BrokerKilled.class);
    assertThat(
            faults.stream()
                .flatMap(
                    fault ->
                        fault instanceof Fault.WorkerKilled killed
                            ? Stream.of(killed.worker())
                            : Stream.empty()))
        .contains(0, 1, 2)
        .allMatch(worker -> worker < 3);
  }

  private static List<Fault> drawn(long seed) {
    var random = new Random(seed);
    return Stream.generate(() -> Fault.draw(random, 3)).limit(100).toList();
  }
}
