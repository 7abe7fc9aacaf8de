package io.espalier.worker.algorithm.family;

import io.espalier.worker.algorithm.family.Experts.Width;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How a config.json describes experts. */
enum ExpertConfig {
  /** Mixtral, which has experts in every layer and no other neurons. */
  MIXTRAL("num_local_experts", 8, "intermediate_size", 14336, 2),
  /** Qwen3, which may have layers without. */
  QWEN3("num_experts", 128, "moe_intermediate_size", 768, 8);

  private static final String CHOSEN = "num_experts_per_tok";
  private static final String STEP = "decoder_sparse_step";
  private static final String DENSE = "mlp_only_layers";

  private final String experts;
  private final int usualExperts;
  private final String neurons;
  private final int usualNeurons;
  private final int usuallyChosen;

  ExpertConfig(
      String experts, int usualExperts, String neurons, int usualNeurons, int usuallyChosen) {
    this.experts = experts;
    this.usualExperts = usualExperts;
    this.neurons = neurons;
    this.usualNeurons = usualNeurons;
    this.usuallyChosen = usuallyChosen;
  }

  /** Where the number of experts stands, and that of the neurons of each. */
  TextNetwork.ExpertKeys keys() {
    return new TextNetwork.ExpertKeys(
        experts,
        neurons,
        CHOSEN,
        this == QWEN3
            ? Optional.of(new TextNetwork.SparseLayerKeys(DENSE, STEP))
            : Optional.empty());
  }

  /** The second part of layers. Adds what is not understood to the config's problems. */
  FeedForward of(TransformerConfig config, int layers) {
    List<Integer> counts = perLayer(config, experts, usualExperts, layers);
    List<Integer> sizes = perLayer(config, neurons, usualNeurons, layers);
    int chosen = config.count(CHOSEN, usuallyChosen);
    if (chosen > Collections.min(counts)) {
      config.problem(
          "%s %d must be at most %s, found %s", CHOSEN, chosen, experts, Set.copyOf(counts));
    }
    List<Width> widths =
        IntStream.range(0, layers)
            .mapToObj(layer -> new Width(counts.get(layer), sizes.get(layer)))
            .toList();
    Experts sparse =
        switch (this) {
          case MIXTRAL -> mixtral(chosen, layers, widths);
          case QWEN3 -> qwen3(config, chosen, layers, widths);
        };
    return new FeedForward.Mixed(sparse, new FeedForward.Dense(LlamaBlock.neurons(false)));
  }

  private static List<Integer> perLayer(
      TransformerConfig config, String key, int usual, int layers) {
    return config.perLayer(key, layers).orElse(Collections.nCopies(layers, usual));
  }

  private Experts mixtral(int chosen, int layers, List<Width> widths) {
    return new Experts(
        ".block_sparse_moe.gate",
        ".block_sparse_moe.experts.",
        new GatedNeurons(".w1", ".w3", ".w2", false),
        chosen,
        true,
        IntStream.range(0, layers).boxed().collect(Collectors.toSet()),
        widths,
        keys());
  }

  private Experts qwen3(TransformerConfig config, int chosen, int layers, List<Width> widths) {
    config.requireOnly("shared_expert_intermediate_size", 0);
    int step = config.count(STEP, 1);
    Set<Integer> dense = denseLayers(config, layers);
    return new Experts(
        ".mlp.gate",
        ".mlp.experts.",
        LlamaBlock.neurons(false),
        chosen,
        config.flag("norm_topk_prob", false),
        IntStream.range(0, layers)
            .filter(layer -> !dense.contains(layer) && (layer + 1) % step == 0)
            .boxed()
            .collect(Collectors.toSet()),
        widths,
        keys());
  }

  private static Set<Integer> denseLayers(TransformerConfig config, int layers) {
    var dense = new HashSet<Integer>();
    config.json().path(DENSE).forEach(layer -> dense.add(layer.isInt() ? layer.intValue() : -1));
    boolean list = config.silent(DENSE) || config.json().path(DENSE).isArray();
    if (!list || dense.stream().anyMatch(layer -> layer < 0 || layer >= layers)) {
      config.problem(
          "%s must list some of the layers 0 to %d, found %s",
          DENSE, layers - 1, config.json().path(DENSE));
    }
    return dense;
  }
}
