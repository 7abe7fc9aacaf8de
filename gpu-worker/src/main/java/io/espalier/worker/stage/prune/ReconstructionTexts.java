package io.espalier.worker.stage.prune;

import io.espalier.worker.domain.job.LayerReconstruction;
import io.espalier.worker.domain.job.Reconstruction;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Texts on a reconstruction, whatever algorithm it follows. */
final class ReconstructionTexts {
  private ReconstructionTexts() {}

  /** Returns what espalier.json and the event say, by name: of the whole, then of each layer. */
  static Map<String, String> settings(Reconstruction done) {
    var settings = new LinkedHashMap<String, String>();
    settings.put("reconstruction.chosen", done.chosen().name());
    for (Reconstruction.Version version : done.versions()) {
      settings.put("reconstruction.divergence." + version.name(), number(version.divergence()));
    }
    done.layers().forEach(layer -> settings.put("reconstruction." + layer.layer(), words(layer)));
    return settings;
  }

  private static String words(LayerReconstruction layer) {
    String samples = "%d samples for %d unknowns".formatted(layer.samples(), layer.unknowns());
    return layer.solved()
        ? "error %s -> %s, lambda %s, %s"
            .formatted(
                number(layer.errorBefore()),
                number(layer.errorAfter()),
                number(layer.lambda()),
                samples)
        : "error %s, as it was cut, %s".formatted(number(layer.errorBefore()), samples);
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.4g", value);
  }
}
