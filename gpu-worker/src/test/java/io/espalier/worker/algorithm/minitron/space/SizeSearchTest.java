package io.espalier.worker.algorithm.minitron.space;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.DecoderDimension;
import io.espalier.worker.algorithm.minitron.size.DecoderSizes;
import io.espalier.worker.algorithm.minitron.size.KvCacheSize;
import io.espalier.worker.algorithm.minitron.size.LayerExperts;
import io.espalier.worker.algorithm.minitron.size.SizeDivisors;
import io.espalier.worker.algorithm.minitron.size.SizeGrid;
import io.espalier.worker.algorithm.search.Budget;
import io.espalier.worker.algorithm.search.Budget.Bound;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.Quantity;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests of the sizes, their costs, and which of them are the largest within a budget. */
final class SizeSearchTest {
  private static final KvCacheSize CACHE = new KvCacheSize(40, 3);
  private static final int TOKENS = 48;

  private static DecoderBlueprint blueprint(String golden) {
    return DecoderBlueprint.of(TextModel.of(Golden.of(golden).model(), TOKENS));
  }

  /** Every width may go down to a quarter, in steps of a few units. */
  private static SizeGrid grid(DecoderBlueprint blueprint) {
    return new SizeGrid(
        blueprint.sizes(),
        blueprint.chosen(),
        SizeDivisors.of(
            Map.of(
                DecoderDimension.HIDDEN,
                8,
                DecoderDimension.NEURONS,
                16,
                DecoderDimension.EXPERT_NEURONS,
                8,
                DecoderDimension.SHARED_NEURONS,
                16)),
        0.75,
        0.5);
  }

  private static long header(DecoderBlueprint blueprint) {
    return Surgery.headerBytesAtMost(
        blueprint.model().directory(), blueprint.architecture(), Sharding.asBefore());
  }

  private static Budget budget(Bound... bounds) {
    return new Budget(List.of(bounds));
  }

  private static Bound bound(Quantity quantity, long limit) {
    return new Bound(quantity, quantity.written(limit), limit);
  }

  @ParameterizedTest
  @CsvSource({"32, 128, 4, 2", "24, 96, 3, 2", "8, 16, 1, 1", "32, 48, 2, 1"})
  void a_version_of_gpt2_costs_what_the_formula_says(
      int hidden, int neurons, int heads, int layers) {
    DecoderBlueprint blueprint = blueprint("gpt2");
    var costs = new UniformCosts(blueprint, Sharding.asBefore(), Optional.of(CACHE));

    Cost cost = costs.of(new DecoderSizes(hidden, neurons, heads, heads, layers));

    long size = 8; // channels of a head
    long vocabulary = blueprint.network().input().vocabulary();
    long attention = 4 * size * heads * hidden + 3 * size * heads + hidden;
    long feedForward = 2L * hidden * neurons + neurons + hidden;
    long norms = 2L * 2 * hidden;
    long parameters = (vocabulary + 48 + 2) * hidden + layers * (attention + feedForward + norms);
    long products = layers * (4 * size * heads * hidden + 2L * hidden * neurons);
    long flops =
        2 * TOKENS * (products + vocabulary * hidden)
            + 4L * layers * TOKENS * TOKENS * size * heads;
    assertThat(cost.parameters()).isEqualTo(parameters);
    assertThat(cost.flops()).isEqualTo(flops);
    assertThat(cost.bytes()).isEqualTo(4 * parameters + header(blueprint));
    assertThat(cost.memoryBytes())
        .isEqualTo(4 * parameters + 4L * 40 * 3 * layers * 2 * size * heads);
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "gptj", "llama", "qwen2", "qwen3", "mixtral"})
  void every_candidate_costs_what_its_cut_architecture_costs(String golden) {
    DecoderBlueprint blueprint = blueprint(golden);
    var costs = new UniformCosts(blueprint, Sharding.asBefore(), Optional.of(CACHE));
    long header = header(blueprint);

    for (SizeCandidate candidate : all(grid(blueprint), costs)) {
      List<Integer> layers = IntStream.range(0, candidate.sizes().layers()).boxed().toList();
      Cost exact = exact(blueprint, candidate.sizes(), layers, header);
      assertThat(candidate.cost()).isEqualTo(exact);
      assertThat(costs.of(candidate.sizes(), layers)).isEqualTo(exact);
    }
  }

  /** The second of three layers has no experts. */
  @ParameterizedTest
  @CsvSource({"qwen2-moe, 12", "qwen3-moe, 1"})
  void with_layers_of_two_kinds_a_candidate_costs_as_much_as_the_costliest_choice_of_layers(
      String golden, int shared) {
    DecoderBlueprint blueprint = blueprint(golden);
    var costs = new UniformCosts(blueprint, Sharding.asBefore(), Optional.of(CACHE));
    var grid =
        new SizeGrid(
            blueprint.sizes(),
            2,
            SizeDivisors.of(
                Map.of(
                    DecoderDimension.HIDDEN,
                    16,
                    DecoderDimension.NEURONS,
                    24,
                    DecoderDimension.EXPERTS,
                    2,
                    DecoderDimension.EXPERT_NEURONS,
                    12,
                    DecoderDimension.SHARED_NEURONS,
                    shared)),
            0.75,
            0.7);
    assertThat(grid.experts()).containsExactly(2, 4, 6);
    var cheapest = new TreeSet<String>();
    long header = header(blueprint);

    for (SizeCandidate candidate : all(grid, costs)) {
      Cost most = new Cost(0, 0, 0);
      for (List<Integer> layers : choices(3, candidate.sizes().layers())) {
        Cost exact = exact(blueprint, candidate.sizes(), layers, header);
        assertThat(costs.of(candidate.sizes(), layers)).isEqualTo(exact);
        most = most.most(exact);
        if (exact.parameters() < candidate.cost().parameters()) {
          cheapest.add(layers.toString());
        }
      }
      assertThat(candidate.cost()).isEqualTo(most);
    }
    assertThat(cheapest).as("either kind may cost less").contains("[0]", "[1]", "[0, 2]");
  }

  /** All ways to take so many of some layers, each ascending. */
  private static List<List<Integer>> choices(int of, int count) {
    return IntStream.range(0, 1 << of)
        .filter(bits -> Integer.bitCount(bits) == count)
        .mapToObj(bits -> IntStream.range(0, of).filter(i -> (bits >> i & 1) == 1).boxed().toList())
        .toList();
  }

  /** Returns what the first units of everything cost in some layers. */
  private static Cost exact(
      DecoderBlueprint blueprint, DecoderSizes sizes, List<Integer> layers, long header) {
    Architecture cut = blueprint.architecture().keep(first(blueprint, sizes, layers));
    int units = sizes.groups() * blueprint.headSize() * layers.size();
    return CostModel.of(cut, tensor -> 32, header)
        .withMemory(List.of(Dimension.fixed(2 * units)), 4L * 40 * 3)
        .cost(Widths.all());
  }

  /** The first units of everything. */
  private static Kept first(DecoderBlueprint blueprint, DecoderSizes sizes, List<Integer> layers) {
    var kept = new LinkedHashMap<String, int[]>();
    kept.put("layers", layers.stream().mapToInt(Integer::intValue).toArray());
    kept.put("hidden", IntStream.range(0, sizes.hidden()).toArray());
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      Optional<LayerExperts> experts = blueprint.experts(layer);
      if (experts.isPresent()) {
        kept.put(experts.get().counted().name(), IntStream.range(0, sizes.experts()).toArray());
        experts
            .get()
            .neurons()
            .forEach(
                axis -> kept.put(axis.name(), IntStream.range(0, sizes.expertNeurons()).toArray()));
        experts
            .get()
            .shared()
            .ifPresent(
                axis -> kept.put(axis.name(), IntStream.range(0, sizes.sharedNeurons()).toArray()));
      } else {
        kept.put(blueprint.neurons(layer).name(), IntStream.range(0, sizes.neurons()).toArray());
      }
      kept.put(blueprint.groups(layer).name(), IntStream.range(0, sizes.groups()).toArray());
      kept.put(blueprint.heads(layer).name(), IntStream.range(0, sizes.heads()).toArray());
    }
    return new Kept(kept);
  }

  private static List<SizeCandidate> all(SizeGrid grid, UniformCosts costs) {
    var all = new ArrayList<SizeCandidate>();
    for (int hidden : grid.hidden()) {
      for (int neurons : grid.neurons()) {
        for (int groups : grid.groups()) {
          for (int perGroup : grid.headsPerGroup()) {
            for (int experts : grid.experts()) {
              for (int wide : grid.expertNeurons()) {
                for (int shared : grid.sharedNeurons()) {
                  for (int layers : grid.layers()) {
                    int heads = groups * perGroup;
                    var sizes =
                        DecoderSizes.of(
                            Map.of(
                                DecoderDimension.HIDDEN,
                                hidden,
                                DecoderDimension.NEURONS,
                                neurons,
                                DecoderDimension.EXPERTS,
                                experts,
                                DecoderDimension.EXPERT_NEURONS,
                                wide,
                                DecoderDimension.SHARED_NEURONS,
                                shared,
                                DecoderDimension.HEADS,
                                heads,
                                DecoderDimension.GROUPS,
                                groups,
                                DecoderDimension.LAYERS,
                                layers));
                    all.add(new SizeCandidate(sizes, costs.of(sizes)));
                  }
                }
              }
            }
          }
        }
      }
    }
    return all;
  }

  @ParameterizedTest
  @CsvSource({
    "gptj, 0.45, 1.0",
    "gptj, 0.6, 0.5",
    "gptj, 0.3, 0.9",
    "gptj, 1.0, 1.0",
    "gptj, 0.8, 0.35",
    "mixtral, 0.6, 0.8",
    "mixtral, 0.9, 0.4",
    "qwen2-moe, 0.6, 0.8",
    "qwen3-moe, 0.5, 0.9",
    "qwen3-moe, 0.8, 0.5"
  })
  void the_largest_within_a_budget_are_those_that_trying_all_finds(
      String golden, double part, double other) {
    DecoderBlueprint blueprint = blueprint(golden);
    var costs = new UniformCosts(blueprint, Sharding.asBefore(), Optional.empty());
    SizeGrid grid = grid(blueprint);
    Cost whole = costs.of(blueprint.sizes());
    Budget budget =
        budget(
            bound(Quantity.FLOPS, (long) (whole.flops() * other)),
            bound(Quantity.PARAMETERS, (long) (whole.parameters() * part)));
    List<SizeCandidate> naive =
        all(grid, costs).stream()
            .filter(candidate -> candidate.cost().flops() <= whole.flops() * other)
            .filter(candidate -> candidate.cost().parameters() <= whole.parameters() * part)
            .sorted(
                Comparator.comparingLong((SizeCandidate each) -> -each.cost().parameters())
                    .thenComparingLong(each -> -each.cost().flops()))
            .limit(10)
            .toList();

    List<SizeCandidate> found = new SizeSearch(blueprint, grid, costs, false).largest(budget, 10);

    assertThat(found)
        .extracting(SizeCandidate::cost)
        .containsExactlyElementsOf(naive.stream().map(SizeCandidate::cost).toList());
    assertThat(found).allMatch(candidate -> budget.holds(candidate.cost()));
    assertThat(found).extracting(SizeCandidate::sizes).doesNotHaveDuplicates();
  }

  @Test
  void a_search_for_any_loader_leaves_out_what_loaders_refuse() {
    DecoderBlueprint blueprint = blueprint("gpt2");
    var costs = new UniformCosts(blueprint, Sharding.asBefore(), Optional.empty());
    Budget budget = budget(bound(Quantity.PARAMETERS, Long.MAX_VALUE));

    List<SizeCandidate> found =
        new SizeSearch(blueprint, grid(blueprint), costs, true).largest(budget, 1000);

    assertThat(found).hasSize(4 * 7 * 2); // hidden with heads of 8, neurons, layers
    assertThat(found).allMatch(each -> each.sizes().hidden() == 8 * each.sizes().heads());
  }

  @Test
  void a_budget_that_nothing_reaches_names_the_smallest_value_and_where() {
    DecoderBlueprint blueprint = blueprint("gpt2");
    var costs = new UniformCosts(blueprint, Sharding.asBefore(), Optional.empty());
    var search = new SizeSearch(blueprint, grid(blueprint), costs, true);
    long smallest = costs.of(new DecoderSizes(8, 32, 1, 1, 1)).parameters();

    InfeasibleException refused =
        catchThrowableOfType(
            InfeasibleException.class,
            () -> search.largest(budget(bound(Quantity.PARAMETERS, smallest - 1)), 10));

    assertThat(refused.constraint()).isEqualTo("parameters");
    assertThat(refused.bound()).isEqualTo((double) (smallest - 1));
    assertThat(refused.smallest()).isEqualTo((double) smallest);
    assertThat(refused)
        .hasMessageContaining("hidden 8, neurons 32, heads 1, groups 1, layers 1")
        .hasMessageContaining("(1 too many)");
    assertThat(search.largest(budget(bound(Quantity.PARAMETERS, smallest)), 10)).hasSize(1);
  }

  @Test
  void bounds_that_exclude_each_other_are_named_with_what_is_nearest_to_both() {
    DecoderBlueprint blueprint = blueprint("gpt2");
    var costs = new UniformCosts(blueprint, Sharding.asBefore(), Optional.of(CACHE));
    var grid =
        new SizeGrid(
            blueprint.sizes(),
            blueprint.chosen(),
            SizeDivisors.of(
                Map.of(
                    DecoderDimension.HIDDEN,
                    16,
                    DecoderDimension.NEURONS,
                    128,
                    DecoderDimension.LAYERS,
                    2)),
            0.9,
            0);
    var search = new SizeSearch(blueprint, grid, costs, false);
    long parameters = costs.of(new DecoderSizes(16, 128, 1, 1, 2)).parameters();
    long memory = costs.of(new DecoderSizes(16, 128, 1, 1, 2)).memoryBytes();

    assertThat(
            search.largest(
                budget(bound(Quantity.PARAMETERS, parameters), bound(Quantity.MEMORY, memory)), 5))
        .hasSize(1);
    assertThatThrownBy(
            () ->
                search.largest(
                    budget(
                        bound(Quantity.PARAMETERS, parameters - 1),
                        bound(Quantity.MEMORY, memory - 1)),
                    5))
        .isInstanceOf(InfeasibleException.class)
        .hasMessageContaining("constraint parameters")
        .hasMessageContaining("constraint memory");
  }

  @Test
  void divisors_are_halved_until_a_small_model_has_eight_steps() {
    SizeDivisors large =
        SizeDivisors.Asked.NOTHING.ofSearch(new DecoderSizes(4096, 14336, 32, 8, 32));
    SizeDivisors small =
        SizeDivisors.Asked.NOTHING.ofSearch(new DecoderSizes(768, 3072, 12, 12, 12));
    SizeDivisors tiny = SizeDivisors.Asked.NOTHING.ofSearch(new DecoderSizes(48, 96, 4, 2, 2));

    assertThat(large)
        .isEqualTo(
            SizeDivisors.of(Map.of(DecoderDimension.HIDDEN, 256, DecoderDimension.NEURONS, 128)));
    assertThat(small)
        .isEqualTo(
            SizeDivisors.of(Map.of(DecoderDimension.HIDDEN, 64, DecoderDimension.NEURONS, 128)));
    assertThat(tiny)
        .isEqualTo(
            SizeDivisors.of(Map.of(DecoderDimension.HIDDEN, 4, DecoderDimension.NEURONS, 8)));
  }

  @Test
  void divisors_of_experts_are_halved_as_well_and_their_neurons_go_by_those_of_all() {
    var mixtral =
        DecoderSizes.of(
            Map.of(
                DecoderDimension.HIDDEN,
                4096,
                DecoderDimension.EXPERTS,
                8,
                DecoderDimension.EXPERT_NEURONS,
                14336,
                DecoderDimension.HEADS,
                32,
                DecoderDimension.GROUPS,
                8,
                DecoderDimension.LAYERS,
                32));
    var qwen =
        DecoderSizes.of(
            Map.of(
                DecoderDimension.HIDDEN,
                2048,
                DecoderDimension.NEURONS,
                6144,
                DecoderDimension.EXPERTS,
                128,
                DecoderDimension.EXPERT_NEURONS,
                768,
                DecoderDimension.HEADS,
                32,
                DecoderDimension.GROUPS,
                4,
                DecoderDimension.LAYERS,
                48));
    var withShared =
        DecoderSizes.of(
            Map.of(
                DecoderDimension.HIDDEN,
                2048,
                DecoderDimension.EXPERTS,
                60,
                DecoderDimension.EXPERT_NEURONS,
                1408,
                DecoderDimension.SHARED_NEURONS,
                5632,
                DecoderDimension.HEADS,
                16,
                DecoderDimension.GROUPS,
                16,
                DecoderDimension.LAYERS,
                24));
    SizeDivisors.Asked nothing = SizeDivisors.Asked.NOTHING;

    assertThat(nothing.ofSearch(mixtral))
        .isEqualTo(
            SizeDivisors.of(
                Map.of(DecoderDimension.HIDDEN, 256, DecoderDimension.EXPERT_NEURONS, 128)));
    assertThat(nothing.ofSearch(qwen))
        .isEqualTo(
            SizeDivisors.of(
                Map.of(
                    DecoderDimension.HIDDEN,
                    256,
                    DecoderDimension.NEURONS,
                    128,
                    DecoderDimension.EXPERTS,
                    8,
                    DecoderDimension.EXPERT_NEURONS,
                    64)));
    assertThat(nothing.ofSearch(withShared))
        .isEqualTo(
            SizeDivisors.of(
                Map.of(
                    DecoderDimension.HIDDEN,
                    256,
                    DecoderDimension.EXPERTS,
                    4,
                    DecoderDimension.EXPERT_NEURONS,
                    128,
                    DecoderDimension.SHARED_NEURONS,
                    128)));
    assertThat(nothing.ofExport(qwen))
        .isEqualTo(
            SizeDivisors.of(
                Map.of(
                    DecoderDimension.HIDDEN,
                    64,
                    DecoderDimension.NEURONS,
                    64,
                    DecoderDimension.EXPERT_NEURONS,
                    64)));
  }

  @Test
  void a_grid_has_no_fewer_experts_than_each_token_and_nothing_to_choose_of_what_is_not_there() {
    var whole =
        DecoderSizes.of(
            Map.of(
                DecoderDimension.HIDDEN,
                4096,
                DecoderDimension.EXPERTS,
                8,
                DecoderDimension.EXPERT_NEURONS,
                14336,
                DecoderDimension.HEADS,
                32,
                DecoderDimension.GROUPS,
                8,
                DecoderDimension.LAYERS,
                32));
    SizeDivisors divisors = SizeDivisors.Asked.NOTHING.ofSearch(whole);

    assertThat(new SizeGrid(whole, 2, divisors, 0.4, 0).experts()).containsExactly(5, 6, 7, 8);
    assertThat(new SizeGrid(whole, 2, divisors, 0.9, 0).experts()).startsWith(2).hasSize(7);
    assertThat(new SizeGrid(whole, 2, divisors, 0.9, 0).neurons()).containsExactly(0);
  }

  @Test
  void the_grid_ends_where_its_limits_say() {
    var whole = new DecoderSizes(4096, 14336, 32, 8, 32);
    var grid =
        new SizeGrid(
            whole,
            0,
            SizeDivisors.Asked.NOTHING.ofSearch(whole),
            SizeGrid.USUAL_WIDTH,
            SizeGrid.USUAL_DEPTH);

    assertThat(grid.hidden()).containsExactly(2560, 2816, 3072, 3328, 3584, 3840, 4096);
    assertThat(grid.neurons()).startsWith(8704, 8832).endsWith(14208, 14336).hasSize(45);
    assertThat(grid.headsPerGroup()).containsExactly(3, 4);
    assertThat(grid.groups()).containsExactly(5, 6, 7, 8);
    assertThat(grid.layers()).containsExactly(26, 27, 28, 29, 30, 31, 32);
  }

  @Test
  void what_is_no_decoder_is_refused() {
    TextModel encoder = TextModel.of(Golden.of("bert-mlm").model());

    assertThatThrownBy(() -> DecoderBlueprint.of(encoder))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("minitron prunes decoders for text-generation")
        .hasMessageContaining("bert");
  }
}
