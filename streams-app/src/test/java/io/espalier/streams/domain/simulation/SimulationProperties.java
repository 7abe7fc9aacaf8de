package io.espalier.streams.domain.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.PropertySeed;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Whatever is killed, lost, repeated or late: the coordinator keeps its promises. */
final class SimulationProperties {
  @Property(seed = PropertySeed.FIXED, tries = 3000)
  void no_schedule_breaks_a_promise(
      @ForAll long seed, @ForAll @IntRange(min = 1, max = 8) int models) {
    Simulation simulation = new Simulation(new Machines(), seed, models);

    assertThat(simulation.run()).as("seed %d, %d models", seed, models).isEmpty();
  }

  @Property(seed = PropertySeed.FIXED, tries = 20)
  void the_same_schedule_has_the_same_outcome(@ForAll long seed) {
    Simulation one = new Simulation(new Machines(), seed, 8);
    Simulation other = new Simulation(new Machines(), seed, 8);

    one.run();
    other.run();

    assertThat(one.transcript()).isEqualTo(other.transcript());
  }
}
