package io.espalier.worker.stage;

import ai.djl.ndarray.NDScope;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.Surgery;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.domain.model.Kept;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.Mode;
import io.espalier.worker.tensor.Golden;
import io.espalier.worker.tensor.PyTorch;
import io.espalier.worker.tensor.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes the cut models that the script beside {@link TimmShapesTest}'s oracle shows to timm. */
public final class TimmCutWriter {
  private static final ObjectMapper JSON = new ObjectMapper();

  private TimmCutWriter() {}

  /** Writes below the directory that is given. */
  public static void main(String[] arguments) throws IOException {
    Path to = Path.of(arguments[0]);
    for (String name : TimmShapesTest.NARROW) {
      Golden golden = Golden.of(name);
      cut(golden.model(), golden.architecture(), golden, to.resolve(name));
    }
    // one of them in shards, so that the note on those is tried too
    for (String name : TimmShapesTest.fullAndLarge()) {
      Path directory = to.resolve("whole").resolve(name);
      ModelDirectory whole =
          name.equals("mobilenetv2_110d")
              ? TimmModels.writeShards(name, directory)
              : TimmModels.write(name, directory);
      cut(whole, TimmModels.architecture(name), Golden.of(TimmShapesTest.ORACLE), to.resolve(name));
    }
  }

  /** A cut model, how to open it, and what it answers here. */
  private static void cut(ModelDirectory model, Architecture architecture, Golden images, Path to)
      throws IOException {
    Kept kept = TimmShapesTest.kept(architecture);
    Surgery.cut(model, architecture, kept, to);
    Files.writeString(to.resolve(TimmShapes.FILE), TimmShapesTest.line(architecture, kept));
    Files.writeString(
        to.resolve("note.txt"), TimmShapes.note(model.config(), 10, 3, model.sharded()));
    ModelDirectory cut = ModelDirectory.open(to);
    try (var manager = PyTorch.newManager();
        var scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      float[] logits =
          Families.vision(cut.config())
              .forward(
                  Weights.load(cut, architecture.keep(kept), manager),
                  images.images(manager),
                  Mode.EVALUATE)
              .toFloatArray();
      Files.writeString(to.resolve("logits.json"), JSON.writeValueAsString(logits));
    }
  }
}
