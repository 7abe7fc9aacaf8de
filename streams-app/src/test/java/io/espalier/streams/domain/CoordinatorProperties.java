package io.espalier.streams.domain;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whatever happens, in whatever order: the machines keep their promises. */
final class CoordinatorProperties {
  @Property(tries = 3000)
  void no_schedule_breaks_a_promise(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 8) int models) {
    Simulation simulation = new Simulation(seed, models);

    simulation.run();

    assertThat(simulation.brokenPromises()).as("seed %d, %d models", seed, models).isEmpty();
  }
}
