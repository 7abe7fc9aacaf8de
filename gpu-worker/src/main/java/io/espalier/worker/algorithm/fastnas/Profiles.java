package io.espalier.worker.algorithm.fastnas;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.algorithm.search.ChoiceRule;
import io.espalier.worker.algorithm.search.Constraints;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.algorithm.search.CostModel;
import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.Profile;
import io.espalier.worker.algorithm.search.SearchSpace;
import io.espalier.worker.algorithm.search.Widths;
import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.model.Architecture;
import io.espalier.worker.model.Families;
import io.espalier.worker.model.family.VisionFamily;
import java.util.Map;
import java.util.Optional;

/** Says what FastNAS could choose from, without data and without loading a tensor. */
public final class Profiles {
  private static final String CIFAR = "cifar_";
  private static final int CIFAR_CLASSES = 10;
  private static final int IMAGENET_CLASSES = 1000;

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

  /**
   * Request for a profile.
   *
   * @param channelDivisor cut widths are multiples of it
   * @param layers rules for single layers
   * @param input size of one image; what config.json says, or else what the network was made for,
   *     if empty
   * @param constraints bounds to give a verdict on
   */
  public record Request(
      int channelDivisor,
      LayerRules layers,
      Optional<InputSize> input,
      Optional<Constraints> constraints) {
    /** A request; the divisor must be positive. */
    public Request {
      if (channelDivisor < 1) {
        throw new InvalidInputException(
            "channel divisor %d: wanted at least 1".formatted(channelDivisor));
      }
    }
  }

  private Profiles() {}

  /**
   * The profile of a model.
   *
   * @throws InvalidInputException if the model is not known or not sound, or a rule matches no
   *     layer
   */
  public static Profile of(ModelDirectory model, Request request) {
    ObjectNode config = model.config();
    request.input().ifPresent(size -> put(config, size));
    FastNasPlan plan = FastNasPlan.of(model, config, request.channelDivisor(), request.layers());
    return profile(plan.space(), plan.costs(), plan.whole(), request.constraints());
  }

  /**
   * The profile of a network as it is before any cut, for 10 classes if it is one for CIFAR and for
   * 1000 otherwise. Bytes are those of its tensors as float32, without heads of files.
   *
   * @param architecture its name as config.json has it, such as {@code resnet50}
   * @throws InvalidInputException if it is not known, or a rule matches no layer
   */
  public static Profile of(String architecture, Request request) {
    int classes = architecture.startsWith(CIFAR) ? CIFAR_CLASSES : IMAGENET_CLASSES;
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("architecture", architecture).put("num_classes", classes);
    request.input().ifPresent(size -> put(config, size));
    Architecture whole = network(config);
    CostModel costs = CostModel.of(whole);
    return profile(
        SearchSpace.of(
            whole, ChoiceRule.everyTwentieth(request.channelDivisor()), request.layers()),
        costs,
        costs.cost(Widths.all()),
        request.constraints());
  }

  private static Architecture network(ObjectNode config) {
    try {
      VisionFamily family = Families.vision(config);
      family.input(config);
      return family.architecture(config, Map.of());
    } catch (InvalidInputException e) {
      // there is no such file that anyone could look into
      throw new InvalidInputException(
          e.problems().stream()
              .map(problem -> problem.replaceFirst("^config\\.json: ", ""))
              .toList());
    }
  }

  private static Profile profile(
      SearchSpace space, CostModel costs, Cost whole, Optional<Constraints> constraints) {
    return Profile.of(space, costs, whole, constraints.map(asked -> asked.budget(whole)));
  }

  private static void put(ObjectNode config, InputSize size) {
    config.putArray("input_size").add(size.channels()).add(size.height()).add(size.width());
  }
}
