package io.espalier.worker.algorithm.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.LayerTimer;
import io.espalier.worker.algorithm.fastnas.FastNasPlan;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LatencyProfileTest {
  private static final String DEVICE = "a processor, 2 threads";

  @TempDir static Path shared;
  @TempDir Path own;

  private static FastNasPlan plan;

  @BeforeAll
  static void draw() {
    Zoo.writeRandomModel(
        new RandomModel("cifar_resnet8", 10, 32, List.of(4, 8, 16), 1), shared.resolve("model"));
    plan = FastNasPlan.of(ModelDirectory.open(shared.resolve("model")), 2);
  }

  @Test
  void the_widest_and_the_narrowest_model_take_as_long_as_they_were_measured_to() {
    CostModel costs = costs(10, 4);

    assertThat(costs.cost(Widths.all()).latencyNanos()).isCloseTo(10_000_000, within(20_000L));
    assertThat(costs.cost(plan.space().min()).latencyNanos()).isCloseTo(4_000_000, within(20_000L));
    assertThat(costs.cost(plan.space().centroid()).latencyNanos())
        .isBetween(4_000_000L, 10_000_000L);
  }

  @Test
  void noise_that_makes_the_narrowest_model_slower_does_not_turn_the_line_upside_down() {
    CostModel costs = costs(4, 5);

    assertThat(costs.cost(Widths.all()).latencyNanos()).isCloseTo(4_000_000, within(20_000L));
    assertThat(costs.cost(plan.space().min()).latencyNanos()).isBetween(1L, 4_000_000L);
  }

  @Test
  void layers_of_the_same_size_are_timed_once_and_kept_for_the_next_time() {
    var heard = new ArrayList<Progress>();
    profile(DEVICE).measure((one, other) -> latencies(10, 4), heard::add);
    Map<String, Double> kept = new LatencyStore(own).load(DEVICE);

    var again =
        new LatencyProfile(plan.space(), plan.costs(), broken(), new LatencyStore(own), DEVICE);
    again.measure((one, other) -> latencies(10, 4), Progress.Listener.NONE);

    int layers = plan.architecture().layers().size();
    assertThat(heard).hasSize(layers);
    assertThat(kept).containsKeys("16x16 3/1 8x8", "10x16 1/1 1x1 linear").hasSizeLessThan(80);
  }

  @Test
  void an_interrupted_timing_leaves_the_times_that_it_has_taken() {
    Progress.Listener interrupting =
        progress -> {
          if (progress.done() == 2) {
            throw new IllegalStateException("interrupted");
          }
        };

    assertThatThrownBy(
            () -> profile(DEVICE).measure((one, other) -> latencies(10, 4), interrupting))
        .hasMessage("interrupted");

    assertThat(new LatencyStore(own).load(DEVICE)).isNotEmpty();
  }

  @Test
  void times_of_another_device_are_not_used() {
    profile(DEVICE).measure((one, other) -> latencies(10, 4), Progress.Listener.NONE);
    var elsewhere =
        new LatencyProfile(plan.space(), plan.costs(), broken(), new LatencyStore(own), "another");

    assertThatThrownBy(
            () -> elsewhere.measure((one, other) -> latencies(10, 4), Progress.Listener.NONE))
        .hasMessageContaining("cannot be timed");
  }

  @Test
  void a_file_that_holds_no_times_is_measured_anew() throws IOException {
    var store = new LatencyStore(own);
    for (String content :
        List.of(
            "{",
            "{\"device\":\"x\",\"nanos\":{}}",
            "{\"device\":\"" + DEVICE + "\"}",
            "{\"device\":\"" + DEVICE + "\",\"nanos\":{\"a\":-1.0}}")) {
      Files.writeString(store.file(DEVICE), content);

      assertThat(store.load(DEVICE)).as(content).isEmpty();
    }
  }

  @Test
  void whole_models_that_take_no_time_are_refused() {
    assertThatThrownBy(
            () -> profile(DEVICE).measure((a, b) -> latencies(0, 0), Progress.Listener.NONE))
        .isInstanceOf(WorkerException.class)
        .hasMessageContaining("a whole model took 0 ns");
  }

  private CostModel costs(double widest, double narrowest) {
    return plan.costs()
        .withLatency(
            profile(DEVICE)
                .measure((a, b) -> latencies(widest, narrowest), Progress.Listener.NONE));
  }

  private LatencyProfile profile(String device) {
    return new LatencyProfile(
        plan.space(), plan.costs(), new LayerTimer()::nanos, new LatencyStore(own), device);
  }

  private static ToDoubleFunction<LayerTimer.Sized> broken() {
    return new LayerTimer(() -> 0)::nanos;
  }

  private static List<Latency> latencies(double one, double other) {
    return List.of(new Latency(one, one, one, 1), new Latency(other, other, other, 1));
  }
}
