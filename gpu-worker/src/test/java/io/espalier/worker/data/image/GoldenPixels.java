package io.espalier.worker.data.image;

import io.espalier.worker.checkpoint.safetensors.SafetensorsFile;
import io.espalier.worker.checkpoint.safetensors.TensorData;
import io.espalier.worker.tensor.Golden;
import java.nio.file.Path;
import java.util.List;

/** Pictures, and what Pillow makes of them; {@code make_files.py} beside them wrote them. */
final class GoldenPixels {
  private static final Path DIRECTORY = Golden.of("images").directory();
  private static final SafetensorsFile PIXELS =
      SafetensorsFile.open(DIRECTORY.resolve("pixels.safetensors"));

  private GoldenPixels() {}

  /** Returns what comes after a prefix in the names of the expected images. */
  static List<String> names(String prefix) {
    return PIXELS.tensors().keySet().stream()
        .filter(name -> name.startsWith(prefix))
        .map(name -> name.substring(prefix.length()))
        .toList();
  }

  static Path file(String name) {
    return DIRECTORY.resolve("files").resolve(name);
  }

  static RgbImage image(String name) {
    TensorData tensor = PIXELS.read(name);
    var values = new byte[tensor.bytes().remaining()];
    tensor.bytes().get(values);
    long[] shape = tensor.shape();
    return new RgbImage(new ImageSize((int) shape[0], (int) shape[1]), values);
  }

  /** The largest difference between values of two images of one size. */
  static int difference(RgbImage a, RgbImage b) {
    int most = 0;
    for (int i = 0; i < a.values().length; i++) {
      most = Math.max(most, Math.abs((a.values()[i] & 0xff) - (b.values()[i] & 0xff)));
    }
    return most;
  }
}
