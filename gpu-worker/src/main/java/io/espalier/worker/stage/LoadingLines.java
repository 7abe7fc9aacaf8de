package io.espalier.worker.stage;

import io.espalier.worker.report.ResultLoaders;
import java.util.List;
import java.util.Optional;

/** The lines by which each loader opens a result, from the directory that it lies in. */
final class LoadingLines {
  private static final String TRANSFORMERS = "transformers";

  private LoadingLines() {}

  /**
   * What is told of who opens a result.
   *
   * @param loaders that open it
   * @param network its class in transformers, if it has one
   * @param note on who opens it; the lines themselves if timm does
   */
  static ResultLoaders of(List<String> loaders, String network, String note) {
    boolean isLines = loaders.contains(TimmShapes.LOADER);
    return new ResultLoaders(
        loaders.stream().map(loader -> loader(loader, network, note)).toList(),
        isLines ? Optional.empty() : Optional.of(note));
  }

  private static ResultLoaders.Loader loader(String loader, String network, String note) {
    if (loader.startsWith(TRANSFORMERS)) {
      return new ResultLoaders.Loader(
          loader,
          List.of(
              "from transformers import " + network,
              "model = %s.from_pretrained(\".\")".formatted(network)));
    }
    return switch (loader) {
      case TimmShapes.LOADER -> new ResultLoaders.Loader(loader, note.lines().toList());
      case "safetensors" ->
          new ResultLoaders.Loader(
              loader,
              List.of(
                  "import glob, safetensors.torch",
                  "tensors = {name: tensor for file in glob.glob(\"*.safetensors\")",
                  "           for name, tensor in safetensors.torch.load_file(file).items()}"));
      case "espalier" ->
          new ResultLoaders.Loader(loader, List.of("espalier evaluate --model . --data DATA"));
      default -> new ResultLoaders.Loader(loader, List.of());
    };
  }
}
