package io.espalier.worker.model.transformer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import io.espalier.worker.PropertySeed;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.RandomCuts;
import io.espalier.worker.model.TextModel;
import io.espalier.worker.model.family.ForwardHooks;
import io.espalier.worker.model.family.Tokens;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** A network that was cut, in memory and on disk, against the whole one with units silenced. */
final class TextCutProperties {
  private static final float TOLERANCE = 1e-5f;

  @Provide
  Arbitrary<String> models() {
    return Arbitraries.of(Golden.texts());
  }

  @Property(tries = 120, seed = PropertySeed.FIXED, edgeCases = EdgeCasesMode.NONE)
  void a_cut_network_answers_as_the_whole_one_without_what_was_cut(
      @ForAll @From("models") String name, @ForAll long seed) throws IOException {
    Golden golden = Golden.of(name);
    TextModel model = TextModel.of(golden.model());
    Kept kept = RandomCuts.withGroups(model.architecture(), seed);
    Path folder = Files.createTempDirectory("cut");
    Path cut = folder.resolve("model");
    Surgery.cut(model.directory(), RandomCuts.thawed(model.architecture()), kept, cut);
    TextModel reopened = TextModel.of(ModelDirectory.open(cut));
    assertThat(reopened.architecture()).isEqualTo(model.architecture().keep(kept));

    try (NDManager manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      Weights whole = Weights.load(model.directory(), model.architecture(), manager);
      Tokens tokens = golden.tokens(manager);
      Masks masks = Masks.of(model.architecture(), kept, whole.get(whole.names().get(0)));

      float[] wanted = model.network().forward(whole, tokens, masks).toFloatArray();
      float[] inMemory =
          model.network().forward(whole.keep(kept), tokens, ForwardHooks.NONE).toFloatArray();
      Weights stored = Weights.load(reopened.directory(), reopened.architecture(), manager);
      float[] onDisk = reopened.network().forward(stored, tokens, ForwardHooks.NONE).toFloatArray();

      float tolerance = TOLERANCE * Math.max(1, largest(wanted));
      assertThat(inMemory).containsExactly(wanted, within(tolerance));
      assertThat(onDisk).containsExactly(wanted, within(tolerance));
    } finally {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  private static float largest(float[] values) {
    float largest = 0;
    for (float value : values) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }
}
