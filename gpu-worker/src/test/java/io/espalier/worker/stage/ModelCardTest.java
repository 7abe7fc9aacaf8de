package io.espalier.worker.stage;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.prune.PruneStage;
import io.espalier.worker.tensor.Golden;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README.md of results, as they lie on disk after a stage. */
class ModelCardTest {
  private static final String SPEC =
      "{\"algorithm\":\"gradnas\",\"constraints\":{\"flops\":\"80%\"},\"neuronDivisor\":8,"
          + "\"batches\":2,\"batchSize\":4,\"maxLength\":48,\"stride\":16}";
  private static final String OWN =
      """
      ---
      license: apache-2.0
      language: [en]
      tags: [questions, pytorch]
      model-index:
      - name: big
        results: [{metrics: [{type: f1, value: 91.4}]}]
      ---
      # Big
      F1 is 91.4.
      """;
  private static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  @TempDir Path own;

  private final PruneStage stage = new PruneStage();

  private Path model(String place) throws IOException {
    return TextModels.write(
        own.resolve(place),
        TextModels.BERT.formatted("BertForQuestionAnswering"),
        data().resolve("tokenizer.json"),
        1);
  }

  private static Path data() {
    return Golden.of("scores/squad-windows").directory();
  }

  private StageReport prune(Path model, String output) {
    var job =
        new StageJob(
            "run",
            0,
            1,
            StageKind.PRUNE,
            SPEC,
            model,
            own.resolve(output),
            own.resolve("checkpoints"),
            Map.of("eval", data().resolve("squad.json").toUri()),
            7);
    return stage.run(job, Progress.Listener.NONE);
  }

  @Test
  void a_result_has_a_card_of_its_own_and_keeps_that_of_the_model_it_was_made_from()
      throws IOException {
    Path model = model("big");
    Files.writeString(model.resolve("README.md"), OWN);
    String digest = Manifest.of(model).rootDigest();

    StageReport report = prune(model, "small");

    assertThat(own.resolve("small/README.parent.md")).hasContent(OWN);
    assertThat(own.resolve("small/README.md"))
        .content()
        .startsWith(
            """
            ---
            license: apache-2.0
            language: [en]
            library_name: transformers
            tags:
            - questions
            - pytorch
            - espalier
            - pruned
            - gradnas
            ---
            """)
        .contains(
            "# BertForQuestionAnswering, pruned by gradnas",
            "| parameters | ",
            "| f1 | ",
            "from transformers import BertForQuestionAnswering, AutoTokenizer\n",
            "```json\n" + SPEC + "\n```",
            "`" + digest + "`",
            "(README.parent.md)")
        .doesNotContain("91.4", "latency", own.toString());
    assertThat(report.change().get("opening")).contains("from_pretrained(\"DIR\")");
  }

  @Test
  void figures_are_those_that_were_measured() throws IOException {
    StageReport report = prune(model("big"), "small");

    double before = report.metrics().get(0).before().orElseThrow();
    double after = report.metrics().get(0).after().orElseThrow();
    String change = "%+.1f %%".formatted(100 * (after / before - 1));
    assertThat(own.resolve("small/README.md"))
        .content()
        .contains("| parameters | %,.0f | %,.0f | %s |".formatted(before, after, change))
        .contains("It had no card.");
    assertThat(own.resolve("small/README.parent.md")).doesNotExist();
  }

  @Test
  void the_same_job_elsewhere_leaves_the_same_card() throws IOException {
    prune(model("here"), "one");
    prune(model("there/below"), "two");

    assertThat(Manifest.of(own.resolve("one"))).isEqualTo(Manifest.of(own.resolve("two")));
  }

  @Test
  void a_model_as_the_hub_has_it_is_named() throws IOException {
    Path model = model("models--acme--big-bert/snapshots/" + COMMIT);

    prune(model, "small");

    assertThat(own.resolve("small/README.md"))
        .content()
        .contains(
            "\nbase_model: acme/big-bert\n",
            "[acme/big-bert](https://huggingface.co/acme/big-bert) at commit `" + COMMIT + "`");
  }

  @Test
  void a_card_that_was_written_here_is_no_card_of_the_first_model() throws IOException {
    prune(model("big"), "one");

    prune(own.resolve("one"), "two");

    assertThat(own.resolve("two/README.parent.md")).doesNotExist();
    assertThat(own.resolve("two/README.md")).content().contains("It had no card.");
  }

  @Test
  void the_card_of_the_first_model_is_kept_through_several_stages() throws IOException {
    Path model = model("models--acme--big-bert/snapshots/" + COMMIT);
    Files.writeString(model.resolve("README.md"), OWN);
    prune(model, "one");

    prune(own.resolve("one"), "two");

    assertThat(own.resolve("two/README.parent.md")).hasContent(OWN);
    assertThat(own.resolve("two/README.md"))
        .content()
        .contains("license: apache-2.0\n", "base_model: acme/big-bert\n")
        .containsOnlyOnce("- gradnas\n");
  }
}
