package io.espalier.worker.model.family;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Set;

/** Loaders of a model, whatever its widths. */
public final class Loaders {
  /** Those that any model here opens in. */
  public static final List<String> ANY = List.of("espalier", "safetensors");

  /** Arguments that change nothing or timm's entry points accept. */
  private static final Set<String> ARGUMENTS =
      Set.of(
          "block_config",
          "bn_size",
          "channels",
          "growth_rate",
          "in_chans",
          "num_classes",
          "pretrained",
          "stem_width");

  private Loaders() {}

  /**
   * Those of a network that timm has an entry point for. timm first builds the network that was
   * cut, so it has to be one that the entry point builds; with {@code channel_multiplier}, for one,
   * it builds another, which loads without complaint, but skips where the first does not.
   *
   * <p>Tried with timm 1.0.31 on cut networks of the widths that their names mean: mobilenetv2_050
   * and 110d, mobilenetv3_small_050 and large_075, efficientnet_b0, vgg11_bn; on narrow ones:
   * resnet18, 26d and 50, densenet121.
   *
   * @param config its config.json
   */
  public static List<String> withTimm(JsonNode config) {
    for (var argument : config.path("model_args").properties()) {
      if (!ARGUMENTS.contains(argument.getKey())) {
        return ANY;
      }
    }
    return List.of("espalier", "safetensors", "timm");
  }

  /**
   * Those of a network that transformers has a class for.
   *
   * @param config its config.json
   * @param keys what sizes are called in it
   */
  public static List<String> withTransformers(JsonNode config, TextKeys keys) {
    return TextWidths.opensInTransformers(config, keys)
        ? List.of("espalier", "safetensors", "transformers")
        : ANY;
  }
}
