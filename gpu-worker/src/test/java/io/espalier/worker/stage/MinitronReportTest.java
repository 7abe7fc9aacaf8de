package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of report.json and report.html of a pruning by Minitron. */
final class MinitronReportTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir static Path shared;
  @TempDir Path own;

  @BeforeAll
  static void draw() throws IOException {
    TextModels.write(
        shared.resolve("llama"),
        TextModels.LLAMA.formatted("llama", "LlamaForCausalLM", ""),
        Golden.of("scores/squad-windows").directory().resolve("tokenizer.json"),
        1);
    Files.writeString(shared.resolve("text.txt"), TextModels.words(40, 5));
  }

  private JsonNode report(String rest) throws IOException {
    String spec =
        "{\"algorithm\":\"minitron\",\"batchSize\":4,\"batches\":3,\"maxLength\":16,%s}"
            .formatted(rest.replace('\'', '"'));
    var job =
        new StageJob(
            "run",
            0,
            1,
            StageKind.PRUNE,
            spec,
            shared.resolve("llama"),
            own.resolve("out"),
            own.resolve("checkpoints"),
            Map.of("eval", shared.resolve("text.txt").toUri()),
            7);
    new PruneStage().run(job, Progress.Listener.NONE);
    return JSON.readTree(own.resolve("out/report.json").toFile());
  }

  private JsonNode stage() throws IOException {
    return JSON.readTree(own.resolve("out/espalier.json").toFile()).at("/stages/0");
  }

  @Test
  void candidates_are_told_of_with_sizes_layers_costs_and_scores_and_which_came_out()
      throws IOException {
    JsonNode facts = report("'constraints':{'parameters':'75%'},'maxDepthPruning':0.5,'topK':6");

    JsonNode change = stage().at("/change");
    JsonNode candidates = facts.at("/candidates");
    assertThat(candidates).hasSize(6);
    for (int i = 0; i < 6; i++) {
      JsonNode candidate = candidates.get(i);
      String key = "candidate." + (i + 1) + ".";
      assertThat(candidate.at("/sizes").asText()).isEqualTo(change.path(key + "sizes").asText());
      assertThat(candidate.at("/layers").toString().replace(",", ", "))
          .isEqualTo(change.path(key + "layers").asText());
      assertThat(candidate.at("/cost/parameters").asText())
          .isEqualTo(change.path(key + "parameters").asText());
      assertThat(candidate.at("/score").asDouble())
          .isEqualTo(Double.parseDouble(change.path(key + "loss").asText()));
      assertThat(candidate.at("/chosen").asBoolean())
          .isEqualTo(change.path("candidate.chosen").asInt() == i + 1);
    }
    assertThat(facts.at("/search").isMissingNode()).as("no solver was asked").isTrue();
    assertThat(facts.at("/curve/points")).isEmpty();
    assertThat(facts.at("/setup").has("losses")).isFalse();
    assertThat(facts.at("/setup/objective").asText()).isEqualTo("loss");
    assertThat(facts.at("/effort/modelsScored").asInt()).isEqualTo(6);
    assertThat(facts.at("/metrics").findValuesAsText("name"))
        .contains("loss", "perplexity", "flopsPerToken", "latencyMillis");
    for (JsonNode metric : facts.at("/metrics")) {
      if (metric.path("name").asText().equals("perplexity")) {
        JsonNode after = metric.at("/interval/after");
        assertThat(metric.path("after").asDouble())
            .isBetween(after.get(0).asDouble(), after.get(1).asDouble());
      }
    }
    assertThat(facts.at("/metrics/4/interval/kind").asText())
        .as(facts.at("/metrics/4/name").asText())
        .isEqualTo("bootstrap");
    assertThat(facts.at("/profile/spaceSize").asText()).matches("[1-9]\\d+");
    String page = Files.readString(own.resolve("out/report.html"));
    assertThat(page)
        .contains("Candidates", "✓ chosen", "Widths before and after")
        .doesNotContain("What single cuts give up", "Other budgets", "Sensitivity per axis");
    candidates.forEach(each -> assertThat(page).contains(each.at("/sizes").asText()));
  }

  @Test
  void what_stays_of_units_and_axes_is_what_was_kept_and_nothing_of_layers_that_go()
      throws IOException {
    JsonNode facts = report("'export':{'num_layers':2,'ffn_hidden_size':64,'num_query_groups':2}");

    JsonNode kept = stage().at("/kept");
    List<Integer> layers = new ArrayList<>();
    kept.path("layers").forEach(layer -> layers.add(layer.asInt()));
    assertThat(layers).hasSize(2);
    assertThat(facts.at("/units").findValuesAsText("kind"))
        .containsExactly("layers", "channels of the stream", "groups", "heads", "neurons");
    for (JsonNode kind : facts.at("/units")) {
      for (JsonNode row : kind.at("/rows")) {
        String axis = row.at("/axis").asText();
        boolean gone = layers.stream().noneMatch(layer -> axis.contains("layers." + layer + "."));
        int stay = sum(row.at("/kept"));
        if (axis.contains("layers.") && gone) {
          assertThat(stay).as(axis).isZero();
        } else {
          JsonNode listed = kept.path(axis);
          assertThat(stay)
              .as(axis)
              .isEqualTo(listed.isMissingNode() ? sum(row.at("/units")) : listed.size());
        }
      }
    }
    JsonNode distances = facts.at("/units/0/rows/0");
    for (int layer = 0; layer < 4; layer++) {
      assertThat(distances.at("/kept").get(layer).asInt())
          .isEqualTo(layers.contains(layer) ? 1 : 0);
    }
    int chosen = 0;
    for (JsonNode axis : facts.at("/axes")) {
      chosen += axis.at("/kind").asText().equals("neurons") ? axis.at("/chosen").asInt() : 0;
    }
    assertThat(chosen).as("64 in each of two layers").isEqualTo(128);
    assertThat(facts.at("/axes").findValuesAsText("name")).contains("hidden", "layers");
    assertThat(facts.at("/candidates")).hasSize(1);
    assertThat(facts.at("/candidates/0").has("score")).isFalse();
    assertThat(facts.has("profile")).as("nothing was searched").isFalse();
    assertThat(Files.readString(own.resolve("out/report.html")))
        .contains("The only model there was to choose");
  }

  private static int sum(JsonNode numbers) {
    int sum = 0;
    for (JsonNode number : numbers) {
      sum += number.asInt();
    }
    return sum;
  }

  @Test
  void layers_that_differ_are_told_of_as_what_a_solver_chose() throws IOException {
    JsonNode facts =
        report(
            "'constraints':{'parameters':'80%'},'perLayer':true,'neuronDivisor':4,'maxWidthPruning':0.9");

    double gone = 0;
    for (JsonNode kind : facts.at("/units")) {
      for (JsonNode row : kind.at("/rows")) {
        for (int cell = 0; cell < row.at("/scores").size(); cell++) {
          int units = row.at("/units").get(cell).asInt() - row.at("/kept").get(cell).asInt();
          gone += row.at("/scores").get(cell).asDouble() * units;
        }
      }
    }
    assertThat(facts.at("/search/loss").asDouble()).isPositive().isCloseTo(gone, within(1e-9));
    assertThat(facts.at("/curve/points").size()).isGreaterThan(5);
    assertThat(facts.at("/candidates")).isEmpty();
    assertThat(facts.at("/setup/losses").asText()).isEqualTo("summed");
  }

  @Test
  void a_bound_of_latency_is_told_of_with_every_candidate_that_was_timed() throws IOException {
    JsonNode facts = report("'constraints':{'parameters':'80%','latency':'60000ms'},'topK':2");

    JsonNode latencies = facts.at("/latencies");
    List<String> models = latencies.findValuesAsText("model");
    assertThat(models).startsWith("original").endsWith("result").hasSizeGreaterThan(2);
    assertThat(models.get(1)).startsWith("candidate 1 (hidden ").endsWith(", within the bound");
    latencies.forEach(latency -> assertThat(latency.at("/measuredMillis").asDouble()).isPositive());
    assertThat(facts.at("/constraints").findValuesAsText("quantity"))
        .containsExactlyInAnyOrder("parameters", "latency");
    assertThat(stage().at("/change").toString()).doesNotContain("latency.limit");
    assertThat(Manifest.of(own.resolve("out")).files())
        .extracting(file -> file.path())
        .contains("model.safetensors", "espalier.json")
        .doesNotContain("report.html", "report.json");
  }
}
