package io.espalier.worker.algorithm.fastnas;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import java.util.Optional;

/** Says what FastNAS could choose from, without data and without loading a tensor. */
public final class Profiles {
  /**
   * Size of one image.
   *
   * @param channels colour channels
   * @param height rows
   * @param width columns
   */
  public record InputSize(int channels, int height, int width) {
    private static final int PARTS = 3;

    /** A size; every part must be positive. */
    public InputSize {
      if (channels < 1 || height < 1 || width < 1) {
        throw new InvalidInputException(
            "input size %dx%dx%d: wanted channels x height x width, each at least 1"
                .formatted(channels, height, width));
      }
    }

    /**
     * Reads {@code 3x32x32}.
     *
     * @throws InvalidInputException if it is not of that form
     */
    public static InputSize parse(String text) {
      String[] parts = text.split("x", -1);
      try {
        if (parts.length == PARTS) {
          return new InputSize(
              Integer.parseInt(parts[0]), Integer.parseInt(parts[1]), Integer.parseInt(parts[2]));
        }
      } catch (NumberFormatException e) {
        // said below, in the same words as a wrong number of parts
      }
      throw new InvalidInputException(
          "input size '%s': wanted channels x height x width, such as 3x32x32".formatted(text));
    }
  }

  private Profiles() {}

  /**
   * The profile of a model.
   *
   * @param channelDivisor cut widths are multiples of it
   * @param input size of one image; what config.json says if empty
   * @throws InvalidInputException if the model is not known or not sound
   */
  public static Profile of(ModelDirectory model, int channelDivisor, Optional<InputSize> input) {
    return of(model, channelDivisor, input, Optional.empty());
  }

  /** The profile of a model, with a verdict on each constraint. */
  public static Profile of(
      ModelDirectory model,
      int channelDivisor,
      Optional<InputSize> input,
      Optional<Constraints> constraints) {
    if (channelDivisor < 1) {
      throw new InvalidInputException(
          "channel divisor %d: wanted at least 1".formatted(channelDivisor));
    }
    Plan plan = Plan.of(model, config(model, input), channelDivisor, LayerRules.NONE);
    return Profile.of(
        plan.space(),
        plan.costs(),
        constraints.map(asked -> asked.budget(plan.costs().cost(Widths.all()))));
  }

  private static ObjectNode config(ModelDirectory model, Optional<InputSize> input) {
    ObjectNode config = model.config();
    input.ifPresent(
        size -> {
          ArrayNode sizes = config.putArray("input_size");
          sizes.add(size.channels()).add(size.height()).add(size.width());
        });
    return config;
  }
}
