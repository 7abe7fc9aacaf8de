package io.espalier.worker.stage;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * Code to open a result, for a loader that opens it as is.
 *
 * @param loader what opens it by these lines, its version left aside
 * @param note on who opens it and who does not, in a sentence
 * @param language that the lines are written in, as fences of Markdown name it
 * @param lines of code, with {@code DIR} for the directory that it lies in
 */
public record Opening(String loader, String note, String language, String lines) {
  /** What transformers is called among loaders; a version may follow. */
  private static final String TRANSFORMERS = "transformers";

  private static final String JAVA =
      """
      KnownModel model = KnownModel.of(ModelDirectory.open(Path.of("DIR"))); // Java, gpu-worker of Espalier
      Weights weights = Weights.load(model.directory(), model.architecture());
      // or in a shell: espalier evaluate --model DIR --data DATA\
      """;

  /**
   * Of a model that reads text.
   *
   * @param loadsIn what opens it
   * @param config its config.json
   */
  public static Opening ofText(String note, List<String> loadsIn, JsonNode config) {
    boolean any = loadsIn.contains(TRANSFORMERS);
    if (!any && loadsIn.stream().noneMatch(loader -> loader.startsWith(TRANSFORMERS))) {
      return ofEspalier(note);
    }
    String network = config.path("architectures").path(0).asText("AutoModel");
    String lines =
        """
        from transformers import %1$s, AutoTokenizer%2$s
        model = %1$s.from_pretrained("DIR")
        tokenizer = AutoTokenizer.from_pretrained("DIR")\
        """
            .formatted(network, any ? "" : " # version 4, not 5");
    return new Opening(TRANSFORMERS, note, "python", lines);
  }

  /** Of a network that timm builds by these lines. */
  public static Opening ofTimm(String lines) {
    return new Opening(TimmShapes.LOADER, "timm builds it with these lines", "python", lines);
  }

  /** Of what nothing else opens. */
  public static Opening ofEspalier(String note) {
    return new Opening("espalier", note, "java", JAVA);
  }

  /** Returns whether a loader opens it by these lines; a version may follow its name. */
  public boolean isOf(String named) {
    return named.startsWith(loader);
  }

  /** The lines, as they are from the directory itself. */
  public List<String> linesHere() {
    return lines.replace("\"DIR\"", "\".\"").lines().toList();
  }
}
