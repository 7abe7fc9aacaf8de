package io.espalier.worker.stage;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Way to build a network of unknown widths in timm: it makes the usual one, then gives every
 * convolution, normalisation and linear layer the shape that a line of text says.
 *
 * <p>Source: timm 1.0.31, {@code timm/models/_prune.py}, {@code adapt_model_from_string}, and the
 * lines in {@code timm/models/_pruned}.
 */
public final class TimmShapes {
  /** Where the line is written. */
  public static final String FILE = "timm-shapes.txt";

  /** Name of timm among loaders. */
  public static final String LOADER = "timm";

  /** Arguments that are said otherwise, or not wanted. */
  private static final Set<String> LEFT_OUT = Set.of("in_chans", "num_classes", "pretrained");

  private static final String SINGLE_FILE =
      "model.load_state_dict(safetensors.torch.load_file(\"model.safetensors\"))";

  private static final String SHARDS =
      """
      files = sorted(set(json.load(open("model.safetensors.index.json"))["weight_map"].values()))
      model.load_state_dict({name: tensor for file in files for name, tensor in safetensors.torch.load_file(file).items()})\
      """;

  private TimmShapes() {}

  /**
   * The line: {@code name:[sizes]} of every weight, with {@code ***} between.
   *
   * @param shapes of the network's tensors, by name
   */
  public static String line(Map<String, long[]> shapes) {
    return shapes.entrySet().stream()
        .filter(tensor -> tensor.getKey().endsWith(".weight"))
        .map(tensor -> tensor.getKey() + ":" + Arrays.toString(tensor.getValue()))
        .collect(Collectors.joining("***"));
  }

  /**
   * Returns how to load the network, in Python, from the directory that it lies in.
   *
   * @param config its config.json
   * @param classes number of classes
   * @param channels colour channels of its images
   * @param sharded whether its tensors are in several files, which an index lists
   */
  public static String note(JsonNode config, int classes, int channels, boolean sharded) {
    String arguments =
        config.path("model_args").properties().stream()
            .filter(argument -> !LEFT_OUT.contains(argument.getKey()))
            .map(argument -> ", " + argument.getKey() + "=" + argument.getValue())
            .collect(Collectors.joining());
    String network =
        String.format(
            Locale.ROOT,
            "model = timm.models.adapt_model_from_string(timm.create_model(\"%s\", num_classes=%d,"
                + " in_chans=%d%s), open(\"%s\").read())",
            config.path("architecture").asText(),
            classes,
            channels,
            arguments,
            FILE);
    String weights = sharded ? SHARDS : SINGLE_FILE;
    return String.join(
        "\n",
        "import %ssafetensors.torch, timm".formatted(sharded ? "json, " : ""),
        network,
        weights);
  }
}
