package io.espalier.worker.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.espalier.worker.data.image.ImageSize;
import io.espalier.worker.data.image.Preparation;
import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * The images that a model takes.
 *
 * @param classes number of classes that it tells apart; empty if any number will do
 * @param channels colour channels
 * @param height rows
 * @param width columns
 * @param normalization what it was trained with
 * @param preparation how images get that size
 * @param names what it calls its classes
 */
public record InputSpec(
    OptionalInt classes,
    int channels,
    int height,
    int width,
    Normalization normalization,
    Preparation preparation,
    ClassNames names)
    implements ModelInput {

  /** ImageNet's images as they are usually shown to networks, whatever their number of classes. */
  public static final InputSpec IMAGENET =
      new InputSpec(OptionalInt.empty(), 3, 224, 224, Normalization.IMAGENET);

  /** CIFAR's images, whatever their number of classes. */
  public static final InputSpec CIFAR =
      new InputSpec(OptionalInt.empty(), 3, 32, 32, Normalization.CIFAR);

  /** Images that get their size as is usual, of classes without names. */
  public InputSpec(
      OptionalInt classes, int channels, int height, int width, Normalization normalization) {
    this(
        classes,
        channels,
        height,
        width,
        normalization,
        Preparation.usual(new ImageSize(height, width)),
        ClassNames.NONE);
  }

  /** The same images, prepared as said, of classes with these names. */
  public InputSpec with(Preparation said, ClassNames called) {
    return new InputSpec(classes, channels, height, width, normalization, said, called);
  }

  /** Rows and columns. */
  public ImageSize imageSize() {
    return new ImageSize(height, width);
  }

  /** Everything that decides about the numbers that an image becomes, in words. */
  String settings() {
    return "%s x %s x %s; %s; mean %s, std %s"
        .formatted(
            channels,
            height,
            width,
            preparation.inWords(),
            normalization.mean(),
            normalization.std());
  }

  /**
   * Returns what a timm-style config.json says: {@code num_classes}, {@code input_size} (channels,
   * height, width), {@code mean} and {@code std}, each looked for at the top and in {@code
   * pretrained_cfg}.
   *
   * @param usual what the network was made for; holds for whatever the config does not say
   * @throws InvalidInputException if one of these is there, but makes no sense; names all of them
   */
  public static InputSpec of(JsonNode config, InputSpec usual) {
    var problems = new ArrayList<String>();
    JsonNode classes = find(config, "num_classes");
    if (!classes.isMissingNode() && !(classes.isInt() && classes.intValue() > 0)) {
      problems.add("config.json: num_classes must be a positive integer, found " + classes);
    }
    List<Double> size = numbers(config, "input_size", usual.size(), problems);
    List<Double> mean = numbers(config, "mean", usual.normalization().mean(), problems);
    List<Double> std = numbers(config, "std", usual.normalization().std(), problems);
    if (size.stream().anyMatch(value -> value < 1 || value > 65_536 || value % 1 != 0)) {
      problems.add(
          "config.json: %sinput_size must be 3 positive integers, found %s"
              .formatted(
                  config.has("input_size") ? "" : "pretrained_cfg.", find(config, "input_size")));
    }
    if (std.stream().anyMatch(value -> value <= 0)) {
      problems.add("config.json: std must be positive, but is " + std);
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return new InputSpec(
        classes.isMissingNode() ? usual.classes() : OptionalInt.of(classes.intValue()),
        size.get(0).intValue(),
        size.get(1).intValue(),
        size.get(2).intValue(),
        new Normalization(mean, std));
  }

  private List<Double> size() {
    return List.of((double) channels, (double) height, (double) width);
  }

  private static List<Double> numbers(
      JsonNode config, String key, List<Double> otherwise, List<String> problems) {
    JsonNode found = find(config, key);
    if (found.isMissingNode()) {
      return otherwise;
    }
    var values = new ArrayList<Double>();
    found.forEach(value -> values.add(value.isNumber() ? value.doubleValue() : Double.NaN));
    if (values.size() != 3 || values.stream().anyMatch(value -> value.isNaN())) {
      problems.add(
          "config.json: %s must be a list of three numbers, but is %s".formatted(key, found));
      return otherwise;
    }
    return values;
  }

  private static JsonNode find(JsonNode config, String key) {
    JsonNode above = config.path(key);
    JsonNode found = above.isMissingNode() ? config.path("pretrained_cfg").path(key) : above;
    return found.isNull() ? MissingNode.getInstance() : found;
  }
}
