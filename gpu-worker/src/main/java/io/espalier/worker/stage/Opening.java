package io.espalier.worker.stage;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.data.TextInput;
import io.espalier.worker.model.KnownModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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

  private static final String ESPALIER = "espalier";

  private static final String TIMM =
      """
      import timm
      model = timm.create_model("local-dir:DIR", pretrained=True)\
      """;

  private static final String JAVA =
      """
      KnownModel model = KnownModel.of(ModelDirectory.open(Path.of("DIR"))); // Java, gpu-worker of Espalier
      Weights weights = Weights.load(model.directory(), model.architecture());
      // or in a shell: espalier evaluate --model DIR --data DATA\
      """;

  /**
   * Of a model that transformers or timm may open.
   *
   * @param loadsIn what opens it
   */
  public static Opening of(String note, List<String> loadsIn, KnownModel model) {
    if (loadsIn.contains(TimmShapes.LOADER)) {
      return new Opening(TimmShapes.LOADER, note, "python", TIMM);
    }
    boolean any = loadsIn.contains(TRANSFORMERS);
    if (!any && loadsIn.stream().noneMatch(loader -> loader.startsWith(TRANSFORMERS))) {
      return ofEspalier(note);
    }
    JsonNode config = model.directory().config();
    String network = config.path("architectures").path(0).asText("AutoModel");
    String comment = any ? "" : " # version 4, not 5";
    return new Opening(TRANSFORMERS, note, "python", lines(network, preparation(model), comment));
  }

  /**
   * Of a model whose layers another stage has cut: what that said.
   *
   * @param made content of the model's espalier.json
   */
  public static Opening asSaid(JsonNode made) {
    List<String> loaders = new ArrayList<>();
    made.path("loadsIn").forEach(loader -> loaders.add(loader.asText()));
    String loader =
        loaders.contains(TimmShapes.LOADER)
            ? TimmShapes.LOADER
            : loaders.stream().anyMatch(each -> each.startsWith(TRANSFORMERS))
                ? TRANSFORMERS
                : ESPALIER;
    return new Opening(
        loader,
        made.path("loadsInNote").asText(),
        loader.equals(ESPALIER) ? "java" : "python",
        made.path("opening").asText());
  }

  /**
   * Of a model that transformers opens, once its layers are quantized.
   *
   * @param note what else must be there, in a sentence
   */
  public static Opening ofQuantized(Opening before, String note) {
    String first = before.lines().lines().findFirst().orElse("") + " # and compressed-tensors";
    String rest = before.lines().substring(before.lines().indexOf('\n'));
    return new Opening(
        TRANSFORMERS,
        note,
        before.language(),
        first + rest.replaceFirst("\"DIR\"\\)", "\"DIR\", dtype=\"auto\")"));
  }

  private static String lines(String network, Optional<Preparation> preparation, String comment) {
    var lines = new StringBuilder("from transformers import ").append(network);
    preparation.ifPresent(each -> lines.append(", ").append(each.type()));
    lines.append(comment).append("\nmodel = %s.from_pretrained(\"DIR\")".formatted(network));
    preparation.ifPresent(
        each ->
            lines.append("\n%s = %s.from_pretrained(\"DIR\")".formatted(each.name(), each.type())));
    return lines.toString();
  }

  /** Preparation of inputs: its name, and its type in transformers. */
  private record Preparation(String name, String type) {}

  /** Empty if the directory has no file for it. */
  private static Optional<Preparation> preparation(KnownModel model) {
    if (model.input() instanceof TextInput) {
      return Optional.of(new Preparation("tokenizer", "AutoTokenizer"));
    }
    return model
        .directory()
        .preprocessor()
        .map(file -> new Preparation("processor", "AutoImageProcessor"));
  }

  /** Of a network that timm builds by these lines. */
  public static Opening ofTimm(String lines) {
    return new Opening(TimmShapes.LOADER, "timm builds it with these lines", "python", lines);
  }

  /** Of what nothing else opens. */
  public static Opening ofEspalier(String note) {
    return new Opening(ESPALIER, note, "java", JAVA);
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
