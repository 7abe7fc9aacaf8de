package io.espalier.worker.algorithm.minitron.size;

import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.TensorHeader;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Of how many tokens keys and values are kept while a model serves.
 *
 * @param tokens of each sequence
 * @param sequences at a time
 */
public record KvCacheSize(int tokens, int sequences) {
  /** A cache; both are positive. */
  public KvCacheSize {
    if (tokens < 1 || sequences < 1) {
      throw new IllegalArgumentException("%d sequences of %d".formatted(sequences, tokens));
    }
  }

  /** Bytes that all tokens take for one channel, in the widest type that layers are stored in. */
  public long bytes(NetworkBlueprint blueprint) {
    Map<String, TensorHeader> tensors = blueprint.model().directory().tensors();
    int bits =
        blueprint.architecture().layers().stream()
            .map(Layer::weight)
            .filter(weight -> blueprint.blocks().stream().anyMatch(b -> weight.startsWith(b + ".")))
            .map(weight -> Optional.ofNullable(tensors.get(weight)))
            .flatMapToInt(tensor -> tensor.stream().mapToInt(found -> found.dtype().bits()))
            .max()
            .orElse(DType.F32.bits());
    return (long) tokens * sequences * bits / Byte.SIZE;
  }

  /** Returns what is kept of a token: keys and values of all layers. */
  public static List<Dimension> kept(NetworkBlueprint blueprint) {
    var kept = new ArrayList<Dimension>();
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      kept.addAll(kept(blueprint, layer));
    }
    return kept;
  }

  /** Keys and values of a layer. */
  public static List<Dimension> kept(NetworkBlueprint blueprint, int layer) {
    Dimension heads = new Dimension.Along(blueprint.groups(layer), blueprint.headSize());
    return List.of(heads, heads);
  }
}
