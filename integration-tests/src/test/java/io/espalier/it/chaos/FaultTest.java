package io.espalier.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FaultTest {
  @Test
  void a_seed_gives_the_same_faults_and_of_ten_all_kinds_happen() {
    List<Fault> faults = Fault.ten(new Random(5), 3);

    assertThat(Fault.ten(new Random(5), 3)).isEqualTo(faults);
    assertThat(
            faults.stream().collect(Collectors.groupingBy(Object::getClass, Collectors.counting())))
        .isEqualTo(
            Map.of(
                Fault.WorkerKilled.class, 5L,
                Fault.WorkerFrozen.class, 2L,
                Fault.CoordinatorKilled.class, 2L,
                Fault.BrokerKilled.class, 1L));
  }

  @Test
  void every_worker_and_no_other_has_its_turn() {
    var random = new Random(6);

    Set<Integer> killed =
        Stream.generate(() -> Fault.ten(random, 3))
            .limit(10)
            .flatMap(List::stream)
            .filter(Fault.WorkerKilled.class::isInstance)
            .map(fault -> ((Fault.WorkerKilled) fault).worker())
            .collect(Collectors.toSet());

    assertThat(killed).containsExactlyInAnyOrder(0, 1, 2);
  }
}
