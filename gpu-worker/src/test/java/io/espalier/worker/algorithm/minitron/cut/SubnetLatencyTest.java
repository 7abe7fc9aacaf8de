package io.espalier.worker.algorithm.minitron.cut;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.espalier.worker.algorithm.evaluate.Latency;
import io.espalier.worker.algorithm.evaluate.LayerTimer.Sized;
import io.espalier.worker.algorithm.evaluate.TextEvaluation.Timed;
import io.espalier.worker.algorithm.minitron.MinitronPlan;
import io.espalier.worker.algorithm.minitron.MinitronPruning;
import io.espalier.worker.algorithm.minitron.MinitronSettings;
import io.espalier.worker.algorithm.minitron.MinitronTarget;
import io.espalier.worker.algorithm.minitron.MinitronTexts;
import io.espalier.worker.algorithm.minitron.measure.ActivationSettings;
import io.espalier.worker.algorithm.minitron.measure.ImportanceCriterion;
import io.espalier.worker.algorithm.minitron.measure.ScoreAggregation;
import io.espalier.worker.algorithm.minitron.measure.SubnetMetric;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.SizeDivisors;
import io.espalier.worker.algorithm.prune.Decision.Compared;
import io.espalier.worker.algorithm.prune.Decision.Solved;
import io.espalier.worker.algorithm.prune.LatencyBound;
import io.espalier.worker.algorithm.prune.ScoredCandidate;
import io.espalier.worker.algorithm.prune.TextTiming;
import io.espalier.worker.algorithm.prune.TimedTrial;
import io.espalier.worker.algorithm.reconstruct.ReconstructionMode;
import io.espalier.worker.algorithm.search.Budget.Bound;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.data.TextDataset;
import io.espalier.worker.data.text.TextDatasets;
import io.espalier.worker.data.text.TextSettings;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.transformer.LayeredNetwork;
import io.espalier.worker.stage.TextModels;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A device that takes a nanosecond for each weight of a Llama's matrices, 500 for each of its
 * layers, and 1000 for what is neither. Subnets may be faster or slower than these let think, and
 * subnets on disk than those in memory.
 */
final class SubnetLatencyTest {
  private static final int LENGTH = 16;
  private static final long FIXED = 1000;
  private static final long EACH = 500;
  private static final long VOCABULARY = 420;
  private static final long WHOLE = nanos(64, 128, 8, 4, 4);

  @TempDir static Path shared;
  @TempDir Path own;

  private static TextModel model;
  private static TextDataset texts;

  private final List<Progress> heard = new ArrayList<>();
  private final List<Long> timed = new ArrayList<>();
  private double subnets = 1;
  private double onDisk = 1;

  @BeforeAll
  static void draw() throws IOException {
    Path tokenizer = Golden.of("scores/squad-windows").directory().resolve("tokenizer.json");
    Path directory =
        TextModels.write(
            shared.resolve("llama"),
            TextModels.LLAMA.formatted("llama", "LlamaForCausalLM", ""),
            tokenizer,
            1);
    Path text =
        Files.writeString(
            shared.resolve("text.txt"),
            "the river runs north a small house old bridge ".repeat(60));
    model = TextModel.of(ModelDirectory.open(directory), LENGTH);
    var settings = new TextSettings(OptionalInt.of(LENGTH), OptionalInt.empty(), 7);
    texts = TextDatasets.open(text.toUri(), model.network().input(), directory, settings);
  }

  /**
   * Returns what the device takes for sizes if it is neither faster nor slower than it lets think.
   */
  private static long nanos(long hidden, long neurons, long heads, long groups, long layers) {
    long each = 8 * hidden * (2 * heads + 2 * groups) + 3 * hidden * neurons;
    return FIXED + VOCABULARY * hidden + layers * (EACH + each);
  }

  private static long nanos(String sizes) {
    long[] all =
        Pattern.compile("\\d+")
            .matcher(sizes)
            .results()
            .map(MatchResult::group)
            .mapToLong(Long::parseLong)
            .toArray();
    return nanos(all[0], all[1], all[2], all[3], all[4]);
  }

  @Test
  void a_bound_in_percent_is_met_and_every_candidate_is_foretold_by_sizes_and_layers() {
    MinitronPruning.Result result = prune(Map.of("latency", "60%"), false, 10);

    Compared compared = (Compared) result.outcome().decision();
    assertThat(compared.candidates()).hasSize(10);
    for (ScoredCandidate candidate : compared.candidates()) {
      assertThat(candidate.cost().latencyNanos())
          .as(candidate.name())
          .isCloseTo(nanos(candidate.name()), within(40L))
          .isLessThanOrEqualTo(WHOLE * 60 / 100);
    }
    assertThat(compared.candidates()).anyMatch(each -> each.layers().size() < 4);
    ScoredCandidate chosen = compared.candidates().get(compared.chosen());
    assertThat(compared.candidates())
        .allMatch(each -> each.score().orElseThrow() >= chosen.score().orElseThrow());
    assertThat(LatencyBound.nanos(result.outcome().before().latency().orElseThrow()))
        .isEqualTo(WHOLE);
    assertThat(LatencyBound.nanos(result.outcome().after().latency().orElseThrow()))
        .isEqualTo(nanos(chosen.name()))
        .isEqualTo(nanos((TextModel) result.model()));
    assertThat(result.outcome().budget().bounds())
        .extracting(Bound::limit)
        .containsExactly(WHOLE * 60 / 100);
    assertThat(result.outcome().trials())
        .extracting(TimedTrial::name)
        .containsExactly(Optional.of(chosen.name()));
    assertThat(timed).as("in memory, and as it lies on disk").hasSize(2);
  }

  @Test
  void the_best_of_the_candidates_that_is_too_slow_is_followed_by_the_best_of_faster_ones() {
    subnets = 1.25;

    MinitronPruning.Result result = prune(Map.of("latency", "60%"), false, 10);

    Compared compared = (Compared) result.outcome().decision();
    ScoredCandidate chosen = compared.candidates().get(compared.chosen());
    assertThat(timed.get(0)).as("the first try").isGreaterThan(WHOLE * 60 / 100);
    assertThat(LatencyBound.nanos(result.outcome().after().latency().orElseThrow()))
        .isLessThanOrEqualTo(WHOLE * 60 / 100)
        .isEqualTo(Math.round(1.25 * nanos((TextModel) result.model())));
    assertThat(result.outcome().trials())
        .extracting(TimedTrial::holds)
        .startsWith(false)
        .endsWith(true);
    assertThat(compared.candidates())
        .hasSizeGreaterThan(10)
        .filteredOn(each -> each.score().orElseThrow() < chosen.score().orElseThrow())
        .as("what scores better is slower")
        .allMatch(each -> each.cost().latencyNanos() > chosen.cost().latencyNanos());
  }

  @Test
  void room_that_faster_models_leave_is_used() {
    subnets = 0.75;

    MinitronPruning.Result result = prune(Map.of("latency", "60%"), false, 3);

    assertThat(LatencyBound.nanos(result.outcome().after().latency().orElseThrow()))
        .isGreaterThan(timed.get(0))
        .isLessThanOrEqualTo(WHOLE * 60 / 100);
    assertThat(nanos((TextModel) result.model())).isGreaterThan(WHOLE * 60 / 100);
  }

  @Test
  void a_version_that_is_too_slow_on_disk_does_not_go_out() {
    onDisk = 1.02;

    MinitronPruning.Result result = prune(Map.of("latency", "60%"), false, 3);

    assertThat(Math.round(1.02 * nanos((TextModel) result.model())))
        .isLessThanOrEqualTo(WHOLE * 60 / 100);
    assertThat(result.outcome().trials()).extracting(TimedTrial::holds).contains(true, false);
  }

  @Test
  void other_bounds_hold_beside_that_of_latency() {
    MinitronPruning.Result result = prune(Map.of("latency", "80%", "parameters", "60%"), false, 4);

    assertThat(result.outcome().after().cost().parameters())
        .isLessThanOrEqualTo(result.outcome().before().cost().parameters() * 60 / 100);
    assertThat(nanos((TextModel) result.model())).isLessThanOrEqualTo(WHOLE * 80 / 100);
  }

  @Test
  void layers_that_differ_are_held_to_it_too() {
    subnets = 1.1;

    MinitronPruning.Result result = prune(Map.of("latency", "90%"), true, 1);

    assertThat(result.outcome().decision()).isInstanceOf(Solved.class);
    assertThat(Math.round(1.1 * nanos((TextModel) result.model())))
        .isEqualTo(LatencyBound.nanos(result.outcome().after().latency().orElseThrow()))
        .isBetween(WHOLE * 85 / 100, WHOLE * 90 / 100);
    assertThat(result.outcome().profile().orElseThrow().max().latencyNanos())
        .isCloseTo(WHOLE, within(40L));
  }

  @Test
  void a_bound_under_the_fastest_candidate_as_it_is_foretold_needs_no_pass() {
    assertThatThrownBy(() -> prune(Map.of("latency", "20us"), false, 10))
        .isInstanceOfSatisfying(
            InfeasibleException.class,
            refusal -> {
              assertThat(refusal.constraint()).isEqualTo("latency");
              assertThat(refusal.bound()).isEqualTo(0.02);
              assertThat(refusal.smallest()).isCloseTo(nanos(40, 80, 8, 4, 2) / 1e6, within(5e-5));
            })
        .hasMessageContaining("constraint latency: 0.02 ms allows at most 0.02 ms")
        .hasMessageContaining("(hidden 40, neurons 80, heads 8, groups 4, layers 2) takes 0.05")
        .hasMessageContaining(" ms too long); raise the bound")
        .hasMessageContaining("maxWidthPruning (0.40)");
    assertThat(heard).extracting(Progress::phase).doesNotContain("measuring activations");
  }

  @Test
  void a_bound_that_the_fastest_candidate_misses_as_it_is_measured_names_it_and_its_time() {
    subnets = 3;

    assertThatThrownBy(() -> prune(Map.of("latency", "60us"), false, 10))
        .isInstanceOfSatisfying(
            InfeasibleException.class,
            refusal -> {
              assertThat(refusal.constraint()).isEqualTo("latency");
              assertThat(refusal.bound()).isEqualTo(0.06);
              assertThat(refusal.smallest())
                  .isCloseTo(3 * nanos(40, 80, 8, 4, 2) / 1e6, within(1e-6));
            })
        .hasMessageContaining("(hidden 40, neurons 80, heads 8, groups 4, layers 2) takes 0.")
        .hasMessageContaining("nothing faster is left to try")
        .hasMessageContaining("maxDepthPruning");
    assertThat(own.resolve("output")).doesNotExist();
  }

  @Test
  void a_model_that_memory_is_too_small_for_is_refused_before_any_work() {
    MinitronTarget goal = goal(Map.of("latency", "60%"), false, 1);
    MinitronPlan plan = MinitronPlan.of(DecoderBlueprint.of(model), goal);

    assertThatThrownBy(() -> plan.requireTimed(plan.blueprint().bytes() - 1))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("constraints.latency: whole models are timed")
        .hasMessageContaining("%,d bytes".formatted(plan.blueprint().bytes()))
        .hasMessageContaining("allow more, or leave latency out");
    plan.requireTimed(plan.blueprint().bytes());
  }

  private MinitronPruning.Result prune(Map<String, String> asked, boolean perLayer, int topK) {
    DecoderBlueprint blueprint = DecoderBlueprint.of(model);
    MinitronPlan plan = MinitronPlan.of(blueprint, goal(asked, perLayer, topK));
    var listening =
        new ActivationSettings(
            4,
            4,
            ScoreAggregation.MEAN,
            ScoreAggregation.L2,
            ImportanceCriterion.ACTIVATION,
            1 << 24,
            7);
    return new MinitronPruning<>(
            plan,
            new MinitronSettings(
                listening,
                SubnetMetric.LOSS,
                DepthCriterion.COSINE,
                ReconstructionMode.OFF,
                OptionalInt.empty()),
            new MinitronTexts(blueprint, listening, texts, texts, new Device()),
            heard::add)
        .run(own.resolve("output"), own.resolve("checkpoints"));
  }

  private static MinitronTarget goal(Map<String, String> asked, boolean perLayer, int topK) {
    var known = EnumSet.of(Quantity.LATENCY, Quantity.PARAMETERS);
    return new MinitronTarget(
        Optional.empty(),
        Optional.of(Constraints.parse(asked, known)),
        Optional.empty(),
        perLayer,
        SizeDivisors.Asked.NOTHING,
        0.4,
        0.5,
        topK,
        true,
        Sharding.asBefore());
  }

  private static long nanos(TextModel made) {
    try (Weights weights = Weights.load(made.directory(), made.architecture())) {
      return nanos(new Timed(made.network(), weights));
    }
  }

  private static long nanos(Timed subnet) {
    return FIXED
        + EACH * ((LayeredNetwork) subnet.network()).layers()
        + subnet.weights().architecture().layers().stream()
            .map(layer -> subnet.weights().get(layer.weight()).getShape().getShape())
            .mapToLong(shape -> LongStream.of(shape).reduce(1, (a, b) -> a * b))
            .sum();
  }

  private final class Device implements TextTiming {
    @Override
    public double nanos(Sized layer) {
      return (double) layer.out() * layer.in();
    }

    @Override
    public List<Latency> latencies(List<Timed> models, int repetitions) {
      boolean adjusting = repetitions == TextTiming.FEW_REPETITIONS;
      List<Long> nanos =
          models.stream()
              .map(SubnetLatencyTest::nanos)
              .map(plain -> adjusting || plain == WHOLE ? plain : measured(plain))
              .toList();
      if (!adjusting) {
        timed.add(nanos.get(1));
      }
      return nanos.stream().map(each -> each / 1e6).map(ms -> new Latency(ms, ms, ms, 1)).toList();
    }

    private long measured(long plain) {
      boolean written = Files.exists(own.resolve("output/config.json"));
      return Math.round(plain * subnets * (written ? onDisk : 1));
    }
  }
}
