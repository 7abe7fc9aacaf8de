package io.espalier.worker.algorithm.quantize;

import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Problems;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.AxisKind;
import io.espalier.worker.domain.model.Layer;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.KnownModel;
import io.espalier.worker.model.TextModel;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Linear layers of a model that are quantized, and those that stay: the layers of attention and
 * feed-forward parts are quantized, experts included. Output layers, poolers, routers and the gate
 * of shared experts stay, as they do by the usual recipes of llm-compressor; embeddings and
 * normalisations are no linear layers.
 *
 * @param model that is quantized
 * @param scheme of its weights
 * @param layers that are quantized, in the order of the forward pass
 * @param kept linear layers that stay
 */
public record QuantizationPlan(
    KnownModel model, WeightScheme scheme, List<QuantizedLayer> layers, List<KeptLayer> kept) {
  private static final Set<AxisKind> INSIDE =
      EnumSet.of(AxisKind.HEADS, AxisKind.GROUPS, AxisKind.NEURONS);

  private static final String WEIGHT = ".weight";

  /** A plan; lists are copied. */
  public QuantizationPlan {
    layers = List.copyOf(layers);
    kept = List.copyOf(kept);
  }

  /**
   * Plans by headers alone.
   *
   * @param ignored modules that are to stay
   * @throws InvalidInputException with everything that is in the way
   */
  public static QuantizationPlan of(KnownModel model, WeightScheme scheme, ModulePatterns ignored) {
    LinearLayers.require(model);
    Problems problems = new Problems();
    Architecture architecture = model.architecture();
    List<QuantizedLayer> layers = new ArrayList<>();
    Map<String, String> kept = new LinkedHashMap<>();
    for (Layer layer : architecture.layers()) {
      TensorHeader weight = model.directory().tensors().get(layer.weight());
      if (weight == null || weight.shape().length != 2) {
        continue;
      }
      Optional<String> ignoring = ignored.matching(layer.module());
      if (ignoring.isPresent()) {
        kept.put(layer.module(), "ignored by " + ignoring.get());
      } else if (!isInside(layer)) {
        keep(layer, model, kept);
      } else {
        GroupCheck.of(scheme, layer).ifPresent(problem -> problems.add("%s", problem));
        layers.add(new QuantizedLayer(layer.module(), weight, scheme));
      }
    }
    carried(architecture, kept);
    unmatched(ignored, architecture, problems);
    if (layers.isEmpty()) {
      problems.add("quantize.ignore: no layer is left to quantize; ignore fewer modules");
    }
    problems.throwIfAny();
    return new QuantizationPlan(
        model,
        scheme,
        layers,
        kept.entrySet().stream().map(e -> new KeptLayer(e.getKey(), e.getValue())).toList());
  }

  private static boolean isInside(Layer layer) {
    return layer.out().parts().stream().anyMatch(part -> INSIDE.contains(part.axis().kind()))
        || layer.in().parts().stream().anyMatch(part -> INSIDE.contains(part.axis().kind()));
  }

  private static void keep(Layer layer, KnownModel model, Map<String, String> kept) {
    Optional<String> sharing =
        model instanceof TextModel text ? text.network().sharingOutput() : Optional.empty();
    if (layer.out().size() == 1 || writes(layer, AxisKind.EXPERTS)) {
      kept.put(layer.module(), "decides on experts");
    } else if (sharing.isPresent() && writes(layer, AxisKind.VOCABULARY)) {
      kept.put(sharing.get(), "shares the embedding's weight");
    } else {
      kept.put(layer.module(), "stands behind the layers");
    }
  }

  private static boolean writes(Layer layer, AxisKind kind) {
    return layer.out().parts().stream().anyMatch(part -> part.axis().kind() == kind);
  }

  /** A loader may make layers of tensors that nothing here computes with. */
  private static void carried(Architecture architecture, Map<String, String> kept) {
    for (TensorSpec tensor : architecture.tensors()) {
      if (tensor.role() == TensorSpec.Role.CARRIED
          && tensor.name().endsWith(WEIGHT)
          && tensor.dimensions().size() == 2) {
        String module = tensor.name().substring(0, tensor.name().length() - WEIGHT.length());
        kept.putIfAbsent(module, "nothing computes with it");
      }
    }
  }

  private static void unmatched(
      ModulePatterns ignored, Architecture architecture, Problems problems) {
    List<String> modules = architecture.layers().stream().map(Layer::module).toList();
    for (String text : ignored.texts()) {
      var one = new ModulePatterns(List.of(text));
      if (modules.stream().noneMatch(module -> one.matching(module).isPresent())) {
        problems.add(
            "quantize.ignore: no linear layer is called '%s'; there are %s",
            text, Problems.names(modules));
      }
    }
  }

  /** Tensors that take the place of others, by the names of these. */
  Map<String, List<TensorHeader>> replaced() {
    Map<String, List<TensorHeader>> replaced = new LinkedHashMap<>();
    for (QuantizedLayer layer : layers) {
      replaced.put(layer.weight().name(), layer.parts().stream().map(layer::header).toList());
    }
    return replaced;
  }

  /** Bits that a number of the whole model takes, scales and zero points included. */
  public double bitsPerNumber() {
    Map<String, List<TensorHeader>> replaced = replaced();
    long numbers = 0;
    long bytes = 0;
    for (TensorHeader tensor : model.directory().tensors().values()) {
      numbers += tensor.elements();
      bytes +=
          replaced.getOrDefault(tensor.name(), List.of(tensor)).stream()
              .mapToLong(TensorHeader::bytes)
              .sum();
    }
    return Byte.SIZE * (double) bytes / numbers;
  }

  /** The same before. */
  public double bitsPerNumberBefore() {
    long numbers = 0;
    long bytes = 0;
    for (TensorHeader tensor : model.directory().tensors().values()) {
      numbers += tensor.elements();
      bytes += tensor.bytes();
    }
    return Byte.SIZE * (double) bytes / numbers;
  }
}
