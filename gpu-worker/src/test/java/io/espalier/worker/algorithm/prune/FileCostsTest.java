package io.espalier.worker.algorithm.prune;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Sharding;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.tensor.Golden;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FileCostsTest {
  /** One layer, with 2 heads of 8 channels and 4 neurons, on a stream of 32 channels. */
  private static final long LAYER = 32 * 3 * 16 + 16 * 32 + 2 * 32 * 4;

  private static final long VOCABULARY = 96 * 32;
  private static final long NORM = 2 * 32;
  private static final long GPT2 = LAYER + (3 * 16 + 32 + 4 + 32) + VOCABULARY + 48 * 32 + 3 * NORM;
  private static final long GPTJ = LAYER + (4 + 32) + 2 * VOCABULARY + 96 + 2 * NORM;

  /** Of 48 tokens. */
  private static final long FLOPS = 2 * 48 * (LAYER + VOCABULARY) + 2 * 2 * 48 * 48 * 16;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"gpt2, 0", "gpt2, 10KB", "gpt2, 1GB", "gptj, 0", "gptj, 5000", "gptj, 100"})
  void a_version_costs_what_its_files_take(String name, String largest) {
    TextModel model = TextModel.of(Golden.of(name).model());
    Sharding sharding = Sharding.of(largest).orElse(Sharding.asBefore());
    Kept kept =
        new Kept(
            Map.of(
                "layers", new int[] {1},
                "transformer.h.1.heads", new int[] {0, 3},
                "transformer.h.1.neurons", new int[] {1, 2, 3, 50}));

    Cost planned =
        FileCosts.of(model.architecture(), model.directory(), kept, sharding).cost(Widths.all());

    Surgery.cut(model.directory(), model.architecture(), kept, sharding, folder.resolve("cut"));
    assertThat(planned.bytes()).isEqualTo(ModelDirectory.open(folder.resolve("cut")).bytes());
    assertThat(planned.parameters()).isEqualTo(name.equals("gpt2") ? GPT2 : GPTJ);
    assertThat(planned.flops()).isEqualTo(FLOPS);
    Cost bound =
        FileCosts.of(model.architecture(), model.directory(), sharding).cost(Widths.of(kept));
    assertThat(bound.bytes()).isGreaterThanOrEqualTo(planned.bytes());
  }
}
