package io.espalier.it.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
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
  void of_the_faults_of_minutes_the_longest_comes_first_and_the_others_beside_it_in_turn() {
    for (int seed = 0; seed < 50; seed++) {
      List<Fault> faults = Fault.ofMinutes(new Random(seed), 3);

      assertThat(faults)
          .hasSize(4)
          .extracting(fault -> fault.getClass().getSimpleName())
          .containsOnly("WorkerFrozen", "CoordinatorKilled", "BrokerKilled");
      assertThat(faults.get(0).away()).isEqualTo(Duration.ofMinutes(10));
      assertThat(faults.subList(1, 4))
          .allSatisfy(
              fault ->
                  assertThat(fault.away())
                      .isBetween(Duration.ofSeconds(90), Duration.ofMinutes(4)));
      assertThat(faults)
          .filteredOn(Fault.WorkerFrozen.class::isInstance)
          .extracting(fault -> ((Fault.WorkerFrozen) fault).worker())
          .hasSize(2)
          .doesNotHaveDuplicates();
      assertThat(FaultPlan.MINUTES.pause(new Random(seed), faults.get(0)))
          .isLessThan(Duration.ofMinutes(1));
      assertThat(FaultPlan.MINUTES.pause(new Random(seed), faults.get(1)))
          .isGreaterThan(faults.get(1).away());
    }
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
