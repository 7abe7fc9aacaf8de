package io.espalier.worker.checkpoint.surgery;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.PropertySeed;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.Models;
import io.espalier.worker.checkpoint.NaiveCut;
import io.espalier.worker.checkpoint.safetensors.DType;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.domain.model.Axis;
import io.espalier.worker.domain.model.Dimension;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.domain.model.TensorSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

final class SurgeryProperties {
  private static final List<Axis> AXES =
      List.of(new Axis("x", 1), new Axis("y", 4), new Axis("z", 7));

  @Property(seed = PropertySeed.FIXED, tries = 150, edgeCases = EdgeCasesMode.NONE)
  void cut_tensors_hold_what_naive_index_selection_gives(
      @ForAll("tensors") List<List<Dimension>> shapes,
      @ForAll("choices") Kept kept,
      @ForAll("types") List<DType> types,
      @ForAll long seed)
      throws IOException {
    var random = new Random(seed);
    var specs = new LinkedHashMap<String, TensorSpec>();
    var tensors = new LinkedHashMap<String, TensorData>();
    for (int i = 0; i < shapes.size(); i++) {
      TensorSpec spec = Models.spec("t" + i, shapes.get(i).toArray(Dimension[]::new));
      specs.put(spec.name(), spec);
      tensors.put(spec.name(), Models.random(types.get(i), spec.shape(), random));
    }
    Path folder = Files.createTempDirectory("surgery");
    Path model = Models.sharded(folder.resolve("model"), tensors, 2);

    Manifest written =
        Surgery.cut(
            ModelDirectory.open(model),
            Models.architecture(AXES, List.copyOf(specs.values())),
            kept,
            folder.resolve("cut"));

    ModelDirectory cut = ModelDirectory.open(folder.resolve("cut"));
    assertThat(cut.tensors()).containsOnlyKeys(tensors.keySet());
    tensors.forEach(
        (name, source) -> {
          TensorData expected = NaiveCut.cut(source, specs.get(name), kept);
          assertThat(cut.read(name).dtype()).isEqualTo(expected.dtype());
          assertThat(cut.read(name).shape()).isEqualTo(expected.shape());
          assertThat(cut.read(name).bytes()).isEqualTo(expected.bytes());
        });
    assertThat(written).isEqualTo(Manifest.of(folder.resolve("cut")));
    delete(folder);
  }

  @Provide
  Arbitrary<List<List<Dimension>>> tensors() {
    Arbitrary<Dimension> fixed = Arbitraries.integers().between(0, 5).map(Dimension::fixed);
    Arbitrary<Dimension> along =
        Combinators.combine(Arbitraries.of(AXES), Arbitraries.integers().between(1, 3))
            .as(Dimension.Along::new);
    return Arbitraries.frequencyOf(Tuple.of(1, fixed), Tuple.of(3, along))
        .list()
        .ofMaxSize(4)
        .list()
        .ofMinSize(1)
        .ofMaxSize(5);
  }

  @Provide
  Arbitrary<Kept> choices() {
    Arbitrary<Map<String, int[]>> none = Arbitraries.just(Map.of());
    return AXES.stream()
        .map(
            axis ->
                units(axis)
                    .optional()
                    .map(units -> units.map(u -> Map.of(axis.name(), u)).orElse(Map.of())))
        .reduce(none, (a, b) -> Combinators.combine(a, b).as(SurgeryProperties::merge))
        .map(Kept::new);
  }

  @Provide
  Arbitrary<List<DType>> types() {
    return Arbitraries.of(DType.class).filter(type -> type.bits() >= 8).list().ofSize(5);
  }

  private static Arbitrary<int[]> units(Axis axis) {
    return Arbitraries.of(IntStream.range(0, axis.units()).boxed().toList())
        .set()
        .ofMinSize(1)
        .map(units -> units.stream().mapToInt(i -> i).sorted().toArray());
  }

  private static Map<String, int[]> merge(Map<String, int[]> a, Map<String, int[]> b) {
    var both = new LinkedHashMap<>(a);
    both.putAll(b);
    return both;
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }
}
