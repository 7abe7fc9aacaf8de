package io.espalier.worker.algorithm.fastnas;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.prune.ChannelOrder;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.SearchSpace.Choices;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Axis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SensitivityMeasurementTest {
  private static final Axis A = new Axis("a", 8);
  private static final Axis B = new Axis("b", 6);
  private static final SearchSpace SPACE =
      new SearchSpace(
          new Architecture("test", "test", List.of(), List.of(A, B), List.of(), Map.of()),
          List.of(new Choices(A, List.of(2, 4, 6, 8)), new Choices(B, List.of(3, 6))));
  private static final Map<String, List<Integer>> ORDER =
      Map.of("a", List.of(1, 0, 7, 6, 5, 4, 3, 2), "b", List.of(0, 1, 2, 3, 4, 5));
  private static final String PRINT = "0123456789abcdef-of-this-model";

  @TempDir Path checkpoints;
  private final List<Map<String, Integer>> scored = new ArrayList<>();

  @Test
  void each_width_of_each_axis_is_scored_alone() {
    SensitivityMap map = measure(Map.of("a2", 0.5, "a4", 0.7, "a6", 0.8, "b3", 0.6), 0.9);

    assertThat(map.originalScore()).isEqualTo(0.9);
    assertThat(losses(map, "a")).containsExactly(0.9 - 0.5, 0.9 - 0.7, 0.9 - 0.8, 0.0);
    assertThat(losses(map, "b")).containsExactly(0.9 - 0.6, 0.0);
    assertThat(scored)
        .containsExactly(Map.of(), Map.of("a", 2), Map.of("a", 4), Map.of("a", 6), Map.of("b", 3));
    assertThat(map.evaluations()).isEqualTo(5);
  }

  @Test
  void once_a_width_loses_nothing_wider_ones_are_not_scored() {
    SensitivityMap map = measure(Map.of("a2", 0.5, "a4", 0.9, "b3", 0.95), 0.9);

    assertThat(losses(map, "a")).containsExactly(0.9 - 0.5, 0.0, 0.0, 0.0);
    assertThat(losses(map, "b")).containsExactly(0.0, 0.0);
    assertThat(scored).doesNotContain(Map.of("a", 6));
  }

  @Test
  void a_narrower_width_never_loses_less() {
    SensitivityMap map = measure(Map.of("a2", 0.8, "a4", 0.5, "a6", 0.6, "b3", 0.0), 0.9);

    assertThat(losses(map, "a")).containsExactly(0.9 - 0.5, 0.9 - 0.5, 0.9 - 0.6, 0.0);
  }

  @Test
  void scores_on_a_tiny_scale_are_told_apart() {
    SensitivityMap map = measure(Map.of("a2", 1e-8, "a4", 5e-8, "a6", 8e-8, "b3", 2e-8), 1e-7);

    assertThat(losses(map, "a")).isSortedAccordingTo((x, y) -> Double.compare(y, x));
    assertThat(losses(map, "a").get(2)).isPositive();
  }

  @Test
  void an_interrupted_measurement_goes_on_after_the_last_axis() {
    Map<String, Double> scores = Map.of("a2", 0.5, "a4", 0.7, "a6", 0.8, "b3", 0.6);
    SensitivityMap whole = measure(scores, 0.9);
    scored.clear();
    store()
        .save(
            new SensitivityMap(
                PRINT, whole.order(), whole.originalScore(), Map.of("a", whole.axes().get("a"))));

    SensitivityMap resumed = measure(scores, 0.9);

    assertThat(resumed).isEqualTo(whole);
    assertThat(scored).containsExactly(Map.of("b", 3));
  }

  @Test
  void a_finished_map_needs_no_score_at_all() {
    Map<String, Double> scores = Map.of("a2", 0.5, "a4", 0.7, "a6", 0.8, "b3", 0.6);
    SensitivityMap whole = measure(scores, 0.9);
    scored.clear();

    assertThat(measure(scores, 0.9)).isEqualTo(whole);
    assertThat(scored).isEmpty();
  }

  @Test
  void a_map_of_another_model_is_not_used() throws IOException {
    var store = store();
    Map<String, Double> scores = Map.of("a2", 0.5, "a4", 0.7, "a6", 0.8, "b3", 0.6);
    SensitivityMap whole = measure(scores, 0.9);
    String foreign = Files.readString(store.file(PRINT)).replace(PRINT, "of-another-model");
    Files.writeString(store.file(PRINT), foreign);
    scored.clear();

    assertThat(measure(scores, 0.9)).isEqualTo(whole);
    assertThat(scored).hasSize(5);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/axes/a/losses/3 | -0.5      | loss",
        "/axes/a/losses/0 | 0.0       | loss",
        "/axes/a/losses/0 | \"NaN\" | loss",
        "/axes/a/losses   | [0.4]     | losses",
        "/axes/a/widths   | [2, 4, 8] | widths",
        "/axes/a/evaluations | -1     | evaluations",
        "/axes/a/passes   | -1        | passes",
        "/axes/c          | {\"widths\":[1],\"losses\":[0],\"evaluations\":0,\"passes\":0} | 'c'",
        "/order/a/0       | 7         | order",
        "/order/a/0       | 8         | order",
        "/order/a         | [1, 0]    | order",
        "/order           | {}        | order",
        "/originalScore   | \"NaN\" | score"
      })
  void a_map_that_was_edited_is_measured_anew_and_replaced(
      String where, String edited, String reason) throws IOException {
    var store = store();
    Map<String, Double> scores = Map.of("a2", 0.5, "a4", 0.7, "a6", 0.8, "b3", 0.6);
    SensitivityMap whole = measure(scores, 0.9);
    var json = new ObjectMapper();
    JsonNode map = json.readTree(store.file(PRINT).toFile());
    JsonNode parent = map.at(where.substring(0, where.lastIndexOf('/')));
    String last = where.substring(where.lastIndexOf('/') + 1);
    if (parent instanceof ArrayNode list) {
      list.set(Integer.parseInt(last), json.readTree(edited));
    } else {
      ((ObjectNode) parent).set(last, json.readTree(edited));
    }
    json.writeValue(store.file(PRINT).toFile(), map);
    scored.clear();

    assertThat(store.load(PRINT)).isEmpty();
    assertThat(measure(scores, 0.9)).isEqualTo(whole);
    assertThat(scored).hasSize(5);
    assertThat(store.load(PRINT)).contains(whole);
  }

  @Test
  void an_unreadable_map_is_measured_anew() throws IOException {
    var store = store();
    Files.writeString(store.file(PRINT), "{\"fingerprint\": \"0123");

    SensitivityMap map = measure(Map.of("a2", 0.5, "a4", 0.7, "a6", 0.8, "b3", 0.6), 0.9);

    assertThat(map.evaluations()).isEqualTo(5);
    assertThat(store.load(PRINT)).contains(map);
  }

  @Test
  void a_score_that_is_no_number_ends_the_search() {
    assertThatThrownBy(() -> measure(Map.of("a2", Double.NaN), 0.9))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("{a=2}")
        .hasMessageContaining("NaN");
  }

  private SensitivityStore store() {
    return new SensitivityStore(checkpoints, SPACE.axes());
  }

  private SensitivityMap measure(Map<String, Double> scores, double original) {
    var measurement =
        new SensitivityMeasurement(
            SPACE.axes(),
            widths -> {
              scored.add(widths.units());
              return widths.units().entrySet().stream()
                  .map(entry -> scores.get(entry.getKey() + entry.getValue()))
                  .findFirst()
                  .orElse(original);
            },
            store(),
            Progress.Listener.NONE);
    var order = new ChannelOrder(SPACE.architecture(), ORDER);
    return measurement.goOn(store().load(PRINT).orElseGet(() -> measurement.begin(PRINT, order)));
  }

  private static List<Double> losses(SensitivityMap map, String axis) {
    return java.util.Objects.requireNonNull(map.axes().get(axis)).losses();
  }
}
