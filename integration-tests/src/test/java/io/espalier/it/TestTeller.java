package io.espalier.it;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.zoo.DemoText;
import io.espalier.worker.zoo.DrawnText;
import io.espalier.worker.zoo.Zoo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;

/** The zoo's small Llama with random weights, and the tales that it is asked to continue. */
final class TestTeller {
  private static final int TOKENS = 64;

  private TestTeller() {}

  /** The stage that prunes it to a share of its parameters. */
  static String spec(String parameters) {
    return """
        {"algorithm":"minitron","batchSize":4,"batches":4,"constraints":{"parameters":"%s"},\
        "maxDepthPruning":0.4,"maxLength":%d,"topK":3}"""
        .formatted(parameters, TOKENS);
  }

  /** Tales, a line each. */
  static synchronized Path tales() {
    Path directory = Backbone.shared().folder("models").resolve("tales");
    if (!Files.exists(directory)) {
      Zoo.writeTexts(DrawnText.TALES, directory, 1, 60, DemoText.TALES.data().seed());
    }
    return directory.resolve("test.txt");
  }

  /** The model's directory. */
  static synchronized Path drawn() {
    Path directory = Backbone.shared().folder("models").resolve("teller");
    if (!Files.exists(directory)) {
      Zoo.writeRandomText(DemoText.TALES.start(), directory);
    }
    return directory;
  }

  /** Elements of all tensors in a directory: of this model all of them are parameters. */
  static long parameters(Path directory) {
    return ModelDirectory.open(directory).shapes().values().stream()
        .mapToLong(shape -> LongStream.of(shape).reduce(1, (a, b) -> a * b))
        .sum();
  }
}
