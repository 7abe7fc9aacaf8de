package io.espalier.worker.model.transformer;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.model.family.ConfigReader;
import io.espalier.worker.model.family.MaskableNetwork;
import io.espalier.worker.model.transformer.Experts.Shared;
import io.espalier.worker.model.transformer.Experts.Width;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Description of experts by config.json. */
enum ExpertConfig {
  /** Mixtral, which has experts in every layer and no other neurons. */
  MIXTRAL(ExpertConfig.LOCAL, ExpertConfig.ALL, 8, "intermediate_size", 14336, 2),
  /** Qwen2, which may have layers without, and has an expert in each that all tokens share. */
  QWEN2(ExpertConfig.ALL, ExpertConfig.ALL, 60, "moe_intermediate_size", 1408, 4),
  /** Qwen3, which may have layers without. */
  QWEN3(ExpertConfig.ALL, ExpertConfig.LOCAL, 128, "moe_intermediate_size", 768, 8);

  private static final String CHOSEN = "num_experts_per_tok";
  private static final String STEP = "decoder_sparse_step";
  private static final String DENSE = "mlp_only_layers";

  private static final String LOCAL = "num_local_experts";
  private static final String ALL = "num_experts";

  private static final String SHARED = "shared_expert_intermediate_size";
  private static final int USUALLY_SHARED = 5632;

  private final String experts;

  /** Key that transformers 5 reads, and may write, instead. */
  private final String alias;

  private final int usualExperts;
  private final String neurons;
  private final int usualNeurons;
  private final int usuallyChosen;

  ExpertConfig(
      String experts,
      String alias,
      int usualExperts,
      String neurons,
      int usualNeurons,
      int usuallyChosen) {
    this.experts = experts;
    this.alias = alias;
    this.usualExperts = usualExperts;
    this.neurons = neurons;
    this.usualNeurons = usualNeurons;
    this.usuallyChosen = usuallyChosen;
  }

  /** Returns where a config says the number of experts, and that of the neurons of each. */
  MaskableNetwork.ExpertKeys keys(JsonNode config) {
    boolean other = config.hasNonNull(alias) && !config.hasNonNull(experts);
    return new MaskableNetwork.ExpertKeys(
        other ? alias : experts,
        Optional.of(alias).filter(key -> !key.equals(experts) && !other && config.has(key)),
        neurons,
        this == QWEN2 ? Optional.of(SHARED) : Optional.empty(),
        CHOSEN,
        this == MIXTRAL
            ? Optional.empty()
            : Optional.of(new MaskableNetwork.SparseLayerKeys(DENSE, STEP)));
  }

  /** The second part of layers. Adds what is not understood to the config's problems. */
  FeedForward of(ConfigReader config, int layers) {
    MaskableNetwork.ExpertKeys keys = keys(config.json());
    requireOneNumber(config);
    List<Integer> counts = perLayer(config, keys.experts(), usualExperts, layers);
    List<Integer> sizes = perLayer(config, keys.neurons(), usualNeurons, layers);
    int chosen = config.count(CHOSEN, usuallyChosen);
    if (chosen > Collections.min(counts)) {
      config.problem(
          "%s %d must be at most %s, found %s", CHOSEN, chosen, keys.experts(), Set.copyOf(counts));
    }
    List<Width> widths =
        IntStream.range(0, layers)
            .mapToObj(layer -> new Width(counts.get(layer), sizes.get(layer)))
            .toList();
    Experts sparse =
        switch (this) {
          case MIXTRAL -> mixtral(chosen, layers, widths, keys);
          case QWEN2 ->
              qwen(config, chosen, layers, widths, Optional.of(shared(config, layers)), keys);
          case QWEN3 -> {
            config.requireOnly(SHARED, 0);
            yield qwen(config, chosen, layers, widths, Optional.empty(), keys);
          }
        };
    return new FeedForward.Mixed(sparse, new FeedForward.Dense(LlamaBlock.neurons(false)));
  }

  private void requireOneNumber(ConfigReader config) {
    JsonNode one = config.json().path(experts);
    JsonNode other = config.json().path(alias);
    if (config.silent(experts) && !config.silent(alias)) {
      config.warning(
          "%s is read by transformers 5 only; transformers 4.57 reads %s", alias, experts);
    } else if (!config.silent(alias) && !one.equals(other)) {
      config.problem(
          "%s %s and %s %s disagree: transformers 4.57 reads the first, 5 the second",
          experts, one, alias, other);
    }
  }

  private static List<Integer> perLayer(ConfigReader config, String key, int usual, int layers) {
    return config.perLayer(key, layers).orElse(Collections.nCopies(layers, usual));
  }

  private static Experts mixtral(
      int chosen, int layers, List<Width> widths, MaskableNetwork.ExpertKeys keys) {
    return new Experts(
        ".block_sparse_moe.gate",
        ".block_sparse_moe.experts.",
        new GatedNeurons(".w1", ".w3", ".w2", false),
        chosen,
        true,
        IntStream.range(0, layers).boxed().collect(Collectors.toSet()),
        widths,
        Optional.empty(),
        keys);
  }

  private static Shared shared(ConfigReader config, int layers) {
    return new Shared(
        ".mlp.shared_expert",
        ".mlp.shared_expert_gate",
        perLayer(config, SHARED, USUALLY_SHARED, layers));
  }

  private static Experts qwen(
      ConfigReader config,
      int chosen,
      int layers,
      List<Width> widths,
      Optional<Shared> shared,
      MaskableNetwork.ExpertKeys keys) {
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
        shared,
        keys);
  }

  private static Set<Integer> denseLayers(ConfigReader config, int layers) {
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
