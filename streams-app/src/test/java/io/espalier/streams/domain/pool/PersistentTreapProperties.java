package io.espalier.streams.domain.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.streams.PropertySeed;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** An index is a sorted map, and no change of it changes another. */
final class PersistentTreapProperties {
  record Change(boolean put, int key, String value) {}

  @Property(seed = PropertySeed.FIXED)
  void it_holds_what_a_tree_map_holds_after_every_change(@ForAll("changes") List<Change> changes) {
    TreeMap<Integer, String> expected = new TreeMap<>();
    PersistentTreap<Integer, String> index = PersistentTreap.empty();
    for (Change change : changes) {
      index = apply(change, index, expected);

      assertThat(index.values()).containsExactlyElementsOf(expected.values());
      assertThat(index.size()).isEqualTo(expected.size());
      assertThat(index.isEmpty()).isEqualTo(expected.isEmpty());
      assertThat(index.first())
          .isEqualTo(Optional.ofNullable(expected.firstEntry()).map(entry -> entry.getValue()));
      assertThat(index.get(change.key()))
          .isEqualTo(Optional.ofNullable(expected.get(change.key())));
      assertThat(index.contains(change.key())).isEqualTo(expected.containsKey(change.key()));
    }
  }

  @Property(seed = PropertySeed.FIXED, tries = 200)
  void an_earlier_index_stays_as_it_was(@ForAll("changes") List<Change> changes) {
    TreeMap<Integer, String> current = new TreeMap<>();
    PersistentTreap<Integer, String> index = PersistentTreap.empty();
    List<PersistentTreap<Integer, String>> indexes = new ArrayList<>();
    List<List<String>> contents = new ArrayList<>();
    for (Change change : changes) {
      index = apply(change, index, current);
      indexes.add(index);
      contents.add(List.copyOf(current.values()));
    }

    assertThat(indexes.stream().map(PersistentTreap::values).toList()).isEqualTo(contents);
  }

  private static PersistentTreap<Integer, String> apply(
      Change change, PersistentTreap<Integer, String> index, Map<Integer, String> expected) {
    if (change.put()) {
      expected.put(change.key(), change.value());
      return index.put(change.key(), change.value());
    }
    expected.remove(change.key());
    return index.remove(change.key());
  }

  @Provide
  Arbitrary<List<Change>> changes() {
    return Combinators.combine(
            Arbitraries.of(true, true, false),
            Arbitraries.integers().between(0, 30),
            Arbitraries.strings().alpha().ofMaxLength(2))
        .as(Change::new)
        .list()
        .ofMaxSize(80);
  }
}
