package io.espalier.streams.domain.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.PropertySeed;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * Whatever is killed, frozen, away, repeated or late: every run whose stages can succeed is
 * published, and no work is done twice for nothing.
 */
final class SimulationProperties {
  @Property(seed = PropertySeed.FIXED, tries = 100_000)
  void no_schedule_breaks_a_promise(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 4) int models,
      @ForAll @IntRange(min = 1, max = 3) int workers,
      @ForAll @IntRange(min = 0, max = 4) int faults) {
    Simulation simulation = new Simulation(new Machines(), seed, models, workers, faults);

    assertThat(simulation.run())
        .as("seed %d, %d models, %d workers, %d faults", seed, models, workers, faults)
        .isEmpty();
  }

  @Property(seed = PropertySeed.FIXED, tries = 300)
  void over_one_fault_workers_are_busy_for_at_most_1_3_times_what_is_needed(
      @ForAll long seed,
      @ForAll @IntRange(min = 8, max = 40) int models,
      @ForAll @IntRange(min = 1, max = 8) int workers) {
    Simulation simulation = new Simulation(new Machines(), seed, models, workers, 1);

    assertThat(simulation.run())
        .as(
            "seed %d, %d models, %d workers: busy %.1f h for %.1f h",
            seed, models, workers, simulation.busyHours(), simulation.usefulHours())
        .isEmpty();
  }

  @Property(seed = PropertySeed.FIXED, tries = 20)
  void the_same_schedule_has_the_same_outcome(@ForAll long seed) {
    Simulation one = new Simulation(new Machines(), seed, 8, 2, 3);
    Simulation other = new Simulation(new Machines(), seed, 8, 2, 3);

    one.run();
    other.run();

    assertThat(one.transcript()).isEqualTo(other.transcript());
  }
}
