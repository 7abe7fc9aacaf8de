package io.espalier.worker.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.PropertySeed;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.Stack;
import io.espalier.worker.domain.model.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Layers of experts, some of each dropped, against loops over what stays. */
final class StackSurgeryProperties {
  private static final Axis HIDDEN = new Axis("hidden", 3);

  /** A model, what is kept of it, and what must come out, by loops over the modules that stay. */
  private static final class Case {
    private final Random random;
    private final List<TensorSpec> specs = new ArrayList<>();
    private final List<Axis> axes = new ArrayList<>(List.of(HIDDEN));
    private final List<Stack> stacks = new ArrayList<>();
    private final Map<String, TensorData> tensors = new LinkedHashMap<>();
    private final Map<String, String> sources = new TreeMap<>();
    private final Map<String, int[]> units = new LinkedHashMap<>();

    Case(Random random) {
      this.random = random;
      choose(HIDDEN);
      add("embed", "embed", Dimension.fixed(4), Dimension.along(HIDDEN));
      var layers = new Axis("layers", 1 + random.nextInt(12));
      stacks.add(new Stack(layers, "m.layers."));
      int[] kept = choose(layers);
      for (int layer = 0; layer < layers.units(); layer++) {
        int place = Arrays.binarySearch(kept, layer);
        addLayer("m.layers." + layer, place < 0 ? "" : "m.layers." + place);
      }
    }

    /** An empty new name means that it goes. */
    private void addLayer(String before, String after) {
      add(before + ".norm", after.isEmpty() ? "" : after + ".norm", Dimension.along(HIDDEN));
      var experts = new Axis(before + ".experts", 1 + random.nextInt(11));
      axes.add(experts);
      stacks.add(new Stack(experts, before + ".experts."));
      int[] kept = choose(experts);
      add(
          before + ".router",
          after.isEmpty() ? "" : after + ".router",
          Dimension.along(experts),
          Dimension.along(HIDDEN));
      for (int expert = 0; expert < experts.units(); expert++) {
        var neurons = new Axis(before + ".experts." + expert + ".neurons", 2);
        axes.add(neurons);
        choose(neurons);
        int place = Arrays.binarySearch(kept, expert);
        add(
            before + ".experts." + expert + ".w",
            place < 0 || after.isEmpty() ? "" : after + ".experts." + place + ".w",
            new Dimension.Along(neurons, 2),
            Dimension.along(HIDDEN));
      }
    }

    private void add(String before, String after, Dimension... dimensions) {
      TensorSpec spec = Models.spec(before, dimensions);
      specs.add(spec);
      DType type = random.nextBoolean() ? DType.BF16 : DType.F32;
      tensors.put(before, Models.random(type, spec.shape(), random));
      if (!after.isEmpty()) {
        sources.put(after, before);
      }
    }

    /** The units of an axis that stay, now and then all of them without saying so. */
    private int[] choose(Axis axis) {
      int[] all = IntStream.range(0, axis.units()).toArray();
      if (random.nextInt(4) == 0) {
        return all;
      }
      var shuffled = new ArrayList<>(Arrays.stream(all).boxed().toList());
      Collections.shuffle(shuffled, random);
      int count = 1 + random.nextInt(axis.units());
      int[] kept = shuffled.subList(0, count).stream().mapToInt(i -> i).sorted().toArray();
      units.put(axis.name(), kept);
      return kept;
    }

    Architecture architecture() {
      return Models.architecture(axes, specs).withStacks(stacks.toArray(Stack[]::new));
    }

    Kept kept() {
      return new Kept(units);
    }

    /** Every tensor that must come out, by its new name. */
    Map<String, TensorData> expected() {
      var expected = new TreeMap<String, TensorData>();
      var byName = new LinkedHashMap<String, TensorSpec>();
      specs.forEach(spec -> byName.put(spec.name(), spec));
      sources.forEach(
          (after, before) ->
              expected.put(after, NaiveCut.cut(tensors.get(before), byName.get(before), kept())));
      return expected;
    }
  }

  @Property(seed = PropertySeed.FIXED, tries = 120, edgeCases = EdgeCasesMode.NONE)
  void modules_that_stay_hold_what_loops_over_them_give_whatever_the_shards(
      @ForAll long seed,
      @ForAll @IntRange(min = 0, max = 5) int shards,
      @ForAll @IntRange(min = 0, max = 400) int largest)
      throws IOException {
    var drawn = new Case(new Random(seed));
    Path folder = Files.createTempDirectory("stacks");
    Path model =
        shards == 0
            ? Models.single(folder.resolve("model"), drawn.tensors)
            : Models.sharded(folder.resolve("model"), drawn.tensors, shards);
    Sharding sharding = largest == 0 ? Sharding.asBefore() : Sharding.upTo(largest);

    ModelDirectory opened = ModelDirectory.open(model);
    Path cut = folder.resolve("cut");
    Manifest written = Surgery.cut(opened, drawn.architecture(), drawn.kept(), sharding, cut);

    ModelDirectory result = ModelDirectory.open(cut);
    result.requireShapes(drawn.architecture().keep(drawn.kept()).shapes());
    Map<String, TensorData> expected = drawn.expected();
    assertThat(result.tensors()).containsOnlyKeys(expected.keySet());
    expected.forEach(
        (name, tensor) -> {
          assertThat(result.read(name).dtype()).isEqualTo(tensor.dtype());
          assertThat(result.read(name).shape()).isEqualTo(tensor.shape());
          assertThat(result.read(name).bytes()).isEqualTo(tensor.bytes());
        });
    assertThat(written).isEqualTo(Manifest.of(cut));
    checkIndex(cut, expected);
    checkSizes(result, largest);
    long headers =
        result.bytes() - expected.values().stream().mapToLong(data -> data.bytes().limit()).sum();
    assertThat(Surgery.headerBytes(opened, drawn.architecture(), drawn.kept(), sharding))
        .isEqualTo(headers);
    assertThat(Surgery.headerBytesAtMost(opened, drawn.architecture(), sharding))
        .isGreaterThanOrEqualTo(headers);
    delete(folder);
  }

  private static void checkIndex(Path cut, Map<String, TensorData> expected) throws IOException {
    Path file = cut.resolve("model.safetensors.index.json");
    if (Files.exists(file)) {
      JsonNode index = new ObjectMapper().readTree(file.toFile());
      assertThat(index.at("/metadata/total_size").asLong())
          .isEqualTo(expected.values().stream().mapToLong(data -> data.bytes().limit()).sum());
    }
  }

  /**
   * No file holds more than allowed unless it is one tensor, and neighbours would not fit in one.
   */
  private static void checkSizes(ModelDirectory result, int largest) {
    if (largest == 0) {
      return;
    }
    long before = Long.MAX_VALUE;
    for (SafetensorsFile shard : result.shards().values()) {
      long bytes = shard.header().dataBytes();
      assertThat(bytes <= largest || shard.tensors().size() == 1).isTrue();
      assertThat(before + bytes > largest || before == Long.MAX_VALUE).isTrue();
      before = bytes;
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
