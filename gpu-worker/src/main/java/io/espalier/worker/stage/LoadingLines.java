package io.espalier.worker.stage;

import io.espalier.worker.report.facts.ResultLoaders;
import java.util.List;
import java.util.Optional;

/** The lines by which each loader opens a result, from the directory that it lies in. */
public final class LoadingLines {
  private LoadingLines() {}

  /**
   * Returns what is told of who opens a result.
   *
   * @param loaders that open it
   * @param opening how the first of them does
   */
  public static ResultLoaders of(List<String> loaders, Opening opening) {
    return new ResultLoaders(
        loaders.stream()
            .map(loader -> new ResultLoaders.Loader(loader, lines(loader, opening)))
            .toList(),
        loaders.contains(TimmShapes.LOADER) ? Optional.empty() : Optional.of(opening.note()));
  }

  private static List<String> lines(String loader, Opening opening) {
    return switch (loader) {
      case "safetensors" ->
          List.of(
              "import glob, safetensors.torch",
              "tensors = {name: tensor for file in glob.glob(\"*.safetensors\")",
              "           for name, tensor in safetensors.torch.load_file(file).items()}");
      case "espalier" -> List.of("espalier evaluate --model . --data DATA");
      default -> opening.isOf(loader) ? opening.linesHere() : List.of();
    };
  }
}
