package io.espalier.worker.algorithm.minitron;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.algorithm.minitron.size.DecoderBlueprint;
import io.espalier.worker.algorithm.minitron.size.LayerExperts;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.safetensors.SafetensorsWriter;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.domain.model.TensorSpec;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Units of all axes may change places, all tensors along, and the model says the same: what cuts by
 * the same axes cuts whole units. (M7 of ModelOpt's tests.)
 */
final class SortingTest {
  @TempDir Path own;

  @ParameterizedTest
  @MethodSource("io.espalier.worker.tensor.Golden#decoders")
  void other_places_of_all_units_change_nothing_that_is_said(String name) throws IOException {
    Golden golden = Golden.of(name);
    DecoderBlueprint blueprint = DecoderBlueprint.of(TextModel.of(golden.model()));
    Map<String, int[]> places = places(blueprint, new Random(11));
    Files.copy(golden.directory().resolve("config.json"), own.resolve("config.json"));
    var tensors = new LinkedHashMap<String, TensorData>();
    int moved = 0;
    for (TensorSpec tensor : blueprint.architecture().tensors()) {
      TensorData before = golden.model().read(source(blueprint, tensor.name(), places));
      TensorData after = permuted(tensor, before, places);
      moved += golden.model().read(tensor.name()).bytes().equals(after.bytes()) ? 0 : 1;
      tensors.put(tensor.name(), after);
    }
    SafetensorsWriter.write(own.resolve("model.safetensors"), tensors);

    float[] found = says(TextModel.of(ModelDirectory.open(own)), golden);

    float[] wanted = says(blueprint.model(), golden);
    float largest = 0;
    for (float value : wanted) {
      largest = Math.max(largest, Math.abs(value));
    }
    assertThat(found).containsExactly(wanted, within(1e-5f * largest));
    assertThat(moved).as("tensors that changed").isGreaterThan(tensors.size() / 2);
  }

  /** An order for each axis; heads move within groups, and with them. */
  private static Map<String, int[]> places(DecoderBlueprint blueprint, Random random) {
    Map<String, int[]> places = new LinkedHashMap<>();
    places.put("hidden", shuffled(blueprint.hidden().units(), random));
    for (int layer = 0; layer < blueprint.blocks().size(); layer++) {
      feedForward(blueprint, layer)
          .forEach(axis -> places.put(axis.name(), shuffled(axis.units(), random)));
      int[] groups = shuffled(blueprint.groups(layer).units(), random);
      int size = blueprint.heads(layer).units() / groups.length;
      var heads = new ArrayList<Integer>();
      for (int group : groups) {
        IntStream.of(shuffled(size, random)).forEach(head -> heads.add(group * size + head));
      }
      places.put(blueprint.groups(layer).name(), groups);
      places.put(
          blueprint.heads(layer).name(), heads.stream().mapToInt(Integer::intValue).toArray());
    }
    return places;
  }

  private static List<Axis> feedForward(DecoderBlueprint blueprint, int layer) {
    Optional<LayerExperts> experts = blueprint.experts(layer);
    if (experts.isEmpty()) {
      return List.of(blueprint.neurons(layer));
    }
    var axes = new ArrayList<>(experts.get().neurons());
    axes.add(experts.get().counted());
    experts.get().shared().ifPresent(axes::add);
    return axes;
  }

  /** The tensor whose numbers come to a place: those of an expert are another's. */
  private static String source(
      DecoderBlueprint blueprint, String tensor, Map<String, int[]> places) {
    for (Stack stack : blueprint.architecture().stacks()) {
      OptionalInt unit = stack.shared().isPresent() ? stack.unit(tensor) : OptionalInt.empty();
      if (unit.isPresent()) {
        int from = places.get(stack.axis().name())[unit.getAsInt()];
        return stack.module(from) + tensor.substring(stack.module(unit.getAsInt()).length());
      }
    }
    return tensor;
  }

  private static int[] shuffled(int count, Random random) {
    List<Integer> order = new ArrayList<>(IntStream.range(0, count).boxed().toList());
    Collections.shuffle(order, random);
    return order.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Returns where each index of a dimension comes from. */
  private static int[] sources(Dimension dimension, Map<String, int[]> places) {
    var sources = new ArrayList<Integer>();
    int offset = 0;
    for (Dimension.Along part : dimension.parts()) {
      Axis axis = part.axis();
      int[] order = places.getOrDefault(axis.name(), IntStream.range(0, axis.units()).toArray());
      for (int unit : order) {
        for (int i = 0; i < part.indicesPerUnit(); i++) {
          sources.add(offset + unit * part.indicesPerUnit() + i);
        }
      }
      offset += part.size();
    }
    return dimension.parts().isEmpty()
        ? IntStream.range(0, dimension.size()).toArray()
        : sources.stream().mapToInt(Integer::intValue).toArray();
  }

  private static TensorData permuted(
      TensorSpec tensor, TensorData data, Map<String, int[]> places) {
    if (tensor.role() == TensorSpec.Role.CARRIED) {
      return data;
    }
    int[] rows = sources(tensor.dimensions().get(0), places);
    int[] columns =
        tensor.dimensions().size() > 1
            ? sources(tensor.dimensions().get(1), places)
            : new int[] {0};
    ByteBuffer from = data.bytes();
    ByteBuffer to =
        ByteBuffer.allocate(rows.length * columns.length * Float.BYTES)
            .order(ByteOrder.LITTLE_ENDIAN);
    for (int row : rows) {
      for (int column : columns) {
        to.putFloat(from.getFloat((row * columns.length + column) * Float.BYTES));
      }
    }
    return new TensorData(data.dtype(), data.shape(), to.flip().order(ByteOrder.LITTLE_ENDIAN));
  }

  private static float[] says(TextModel model, Golden golden) {
    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope();
        Weights weights = Weights.load(model.directory(), model.architecture(), manager)) {
      scope.suppressNotUsedWarning();
      return model
          .network()
          .forward(weights, golden.tokens(manager), ForwardHooks.NONE)
          .toFloatArray();
    }
  }
}
