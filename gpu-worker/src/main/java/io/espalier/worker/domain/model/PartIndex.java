package io.espalier.worker.domain.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds by name what belongs to some tensors of an architecture, so that cutting it up takes as
 * long as its parts are large together.
 */
final class PartIndex {
  /**
   * Things of one kind by their names, of which several may have the same.
   *
   * @param all in their order
   * @param places where those of a name are
   */
  private record Places<X>(List<X> all, Map<String, List<Integer>> places) {
    static <X> Places<X> of(List<X> all, Function<X, String> name) {
      var places = new HashMap<String, List<Integer>>();
      for (int place = 0; place < all.size(); place++) {
        places.computeIfAbsent(name.apply(all.get(place)), any -> new ArrayList<>(1)).add(place);
      }
      return new Places<>(all, places);
    }

    /** Those that have one of the names, in their order. */
    List<X> named(Collection<String> names) {
      var found = new TreeMap<Integer, X>();
      for (String name : names) {
        places.getOrDefault(name, List.of()).forEach(place -> found.put(place, all.get(place)));
      }
      return List.copyOf(found.values());
    }
  }

  private final Architecture whole;
  private final Places<TensorSpec> tensors;
  private final Places<Axis> axes;
  private final Places<Layer> layers;
  private final Places<Attention> attentions;
  private final Places<Stack> stacks;

  PartIndex(Architecture whole) {
    this.whole = whole;
    this.tensors = Places.of(whole.tensors(), TensorSpec::name);
    this.axes = Places.of(whole.axes(), Axis::name);
    this.layers = Places.of(whole.layers(), Layer::weight);
    this.attentions = Places.of(whole.attentions(), Attention::module);
    this.stacks = Places.of(whole.stacks(), Stack::prefix);
  }

  /** The part that some tensors are. */
  Architecture part(Collection<String> names) {
    List<TensorSpec> some = tensors.named(names);
    if (some.size() < names.size()) {
      throw new IllegalArgumentException(
          "%s has only %d of the tensors %s"
              .formatted(whole.name(), some.size(), new TreeSet<>(names)));
    }
    var around = new TreeSet<String>();
    names.forEach(name -> addAround(around, name));
    List<Layer> reading = layers.named(names);
    List<Attention> within = attentions.named(around);
    Stream<Dimension> sides =
        Stream.of(
                some.stream().flatMap(tensor -> tensor.dimensions().stream()),
                reading.stream().flatMap(layer -> Stream.of(layer.out(), layer.in())),
                within.stream().map(Attention::heads))
            .flatMap(Function.identity());
    List<Axis> along = along(sides);
    return new Architecture(
        whole.family(),
        whole.name(),
        some,
        along,
        reading,
        within,
        reasons(along),
        stacks.named(around));
  }

  private List<Axis> along(Stream<Dimension> sides) {
    return axes.named(
        sides
            .flatMap(side -> side.parts().stream())
            .map(part -> part.axis().name())
            .collect(Collectors.toSet()));
  }

  /** The names of all modules that something lies in, with the dot behind them and without. */
  private static void addAround(Collection<String> around, String name) {
    for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      around.add(name.substring(0, dot));
      around.add(name.substring(0, dot + 1));
    }
  }

  private Map<String, String> reasons(List<Axis> along) {
    return along.stream()
        .map(Axis::name)
        .filter(whole.frozen()::containsKey)
        .collect(Collectors.toMap(Function.identity(), whole.frozen()::get));
  }
}
