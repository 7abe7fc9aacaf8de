package io.espalier.worker.algorithm.minitron.cut;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import io.espalier.worker.algorithm.minitron.space.UniformSpace;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.surgery.ComputedTensors;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.MaskableModel;
import io.espalier.worker.tensor.StoredRows;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Parts of a model kept in a subnet.
 *
 * @param units by axis; an axis that is not named stays whole. Nothing is said of layers
 * @param layers by their numbers in the model, ascending
 */
public record Subnet(Kept units, List<Integer> layers) {
  /** A subnet; the list is copied. */
  public Subnet {
    layers = List.copyOf(layers);
  }

  /** Returns what all that stays means for units and for layers. */
  public static Subnet of(NetworkBlueprint blueprint, Kept all) {
    Axis counted = UniformSpace.layers(blueprint);
    int[] layers = all.of(counted).orElseGet(() -> IntStream.range(0, counted.units()).toArray());
    var units = new LinkedHashMap<>(all.units());
    units.remove(counted.name());
    return new Subnet(new Kept(units), IntStream.of(layers).boxed().toList());
  }

  /** Its config.json. */
  ObjectNode config(NetworkBlueprint blueprint) {
    return new SizeConfig(blueprint).of(units, layers);
  }

  /** All that stays, layers among it where some go. */
  public Kept all(NetworkBlueprint blueprint) {
    Axis counted = UniformSpace.layers(blueprint);
    if (layers.size() == counted.units()) {
      return units;
    }
    var all = new LinkedHashMap<>(units.units());
    all.put(counted.name(), layers.stream().mapToInt(Integer::intValue).toArray());
    return new Kept(all);
  }

  /**
   * Computes the weights of normalisations of what is left of a stream along directions, if any.
   */
  private static ComputedTensors scaledNorms(
      NetworkBlueprint blueprint, Architecture open, Kept all) {
    if (!blueprint.basis().rotated()) {
      return ComputedTensors.of(Map.of());
    }
    int left = all.width(blueprint.hidden());
    Map<String, String> names = open.names(all);
    var scaled = new LinkedHashMap<String, TensorData>();
    for (String norm : blueprint.norms(open)) {
      String name = names.get(norm);
      Optional<Double> scale = blueprint.basis().scale(norm, left);
      if (name != null && scale.isPresent()) {
        DType type =
            Objects.requireNonNull(blueprint.model().directory().tensors().get(norm)).dtype();
        scaled.put(name, StoredRows.constant(scale.get(), left, type));
      }
    }
    return ComputedTensors.of(scaled);
  }

  /** Leaves it in an empty directory, ready for use. */
  public MaskableModel write(NetworkBlueprint blueprint, Sharding sharding, Path output) {
    ModelDirectory original = blueprint.model().directory();
    Architecture open = blueprint.open();
    Kept all = all(blueprint);
    Surgery.cut(original, open, all, sharding, scaledNorms(blueprint, open, all), output);
    ModelDirectory.writeConfig(output, config(blueprint));
    return blueprint.cut(ModelDirectory.open(output));
  }
}
