package io.espalier.worker.algorithm.minitron.size;

import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Sizes that are asked for by number; what is not named stays.
 *
 * <p>Where heads have keys and values of their own, the number of heads alone says how many groups
 * there are; else the number of groups alone means groups with as many heads each as before, and
 * the number of heads alone as many groups as before. (ModelOpt's {@code export_config} wants both
 * or neither.)
 *
 * @param asked by what they are of
 */
public record TargetSizes(Map<DecoderDimension, Integer> asked) {
  private static final List<DecoderDimension> HIDDEN_AND_HEADS =
      List.of(DecoderDimension.HIDDEN, DecoderDimension.HEADS);

  /** Sizes; at least one. The map is copied. */
  public TargetSizes {
    if (asked.isEmpty()) {
      throw new IllegalArgumentException("no size");
    }
    asked = Collections.unmodifiableMap(new EnumMap<>(asked));
  }

  /**
   * The sizes of a subnet of a model.
   *
   * @param blueprint of the model
   * @param divisors what sizes are multiples of, but for the model's own
   * @param stock whether loaders of the family must open what comes out
   * @throws InvalidInputException with everything that does not fit
   */
  public DecoderSizes of(NetworkBlueprint blueprint, SizeDivisors divisors, boolean stock) {
    DecoderSizes whole = blueprint.sizes();
    var problems = new ArrayList<String>();
    int hidden = size(DecoderDimension.HIDDEN, whole, divisors.hidden(), problems);
    int neurons = size(DecoderDimension.NEURONS, whole, divisors.neurons(), problems);
    int experts = size(DecoderDimension.EXPERTS, whole, divisors.experts(), problems);
    enough(experts, blueprint, problems);
    int expertNeurons =
        size(DecoderDimension.EXPERT_NEURONS, whole, divisors.expertNeurons(), problems);
    int sharedNeurons =
        size(DecoderDimension.SHARED_NEURONS, whole, divisors.sharedNeurons(), problems);
    int layers = size(DecoderDimension.LAYERS, whole, divisors.layers(), problems);
    int groups = groups(whole, divisors, problems);
    int heads = heads(whole);
    attention(whole, heads, groups, divisors, problems);
    if (stock) {
      blueprint.misfit(hidden, heads).ifPresent(why -> problems.add(where(HIDDEN_AND_HEADS) + why));
    }
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
    return new DecoderSizes(
        hidden, neurons, experts, expertNeurons, sharedNeurons, heads, groups, layers);
  }

  private int size(DecoderDimension size, DecoderSizes whole, int divisor, List<String> problems) {
    int asked = asked(size).orElse(whole.of(size));
    if (whole.has(size)) {
      check(size, asked, whole.of(size), divisor, problems);
    } else if (asked(size).isPresent()) {
      problems.add(where(List.of(size)) + missing(size, whole));
    }
    return asked;
  }

  /** Hugging Face's Mixtral calls the width of its experts what others call that of a layer. */
  private static String missing(DecoderDimension size, DecoderSizes whole) {
    if (size == DecoderDimension.NEURONS) {
      return "all neurons of the model are those of experts; ask for %s"
          .formatted(String.join(" or ", DecoderDimension.EXPERT_NEURONS.keys()));
    }
    return whole.has(DecoderDimension.EXPERTS)
        ? "the model has no expert that all tokens share"
        : "the model has no experts";
  }

  /** As many experts as before are chosen for each token, so there must be as many. */
  private static void enough(int experts, NetworkBlueprint blueprint, List<String> problems) {
    if (experts > 0 && experts < blueprint.chosen()) {
      problems.add(
          where(List.of(DecoderDimension.EXPERTS))
              + "%d are fewer than the %d experts that each token has (%s)"
                  .formatted(experts, blueprint.chosen(), blueprint.chosenKey()));
    }
  }

  private static void check(
      DecoderDimension size, int asked, int whole, int divisor, List<String> problems) {
    if (asked < 1 || asked > whole) {
      problems.add(
          where(List.of(size))
              + "wanted 1 to %d, as the model has, found %d".formatted(whole, asked));
    } else if (asked % divisor != 0 && asked != whole) {
      problems.add(
          where(List.of(size))
              + "%d is no multiple of %d; ask for another, or for a smaller divisor"
                  .formatted(asked, divisor));
    }
  }

  private int groups(DecoderSizes whole, SizeDivisors divisors, List<String> problems) {
    boolean own = whole.heads() == whole.groups();
    int groups =
        asked(DecoderDimension.GROUPS)
            .or(() -> own ? asked(DecoderDimension.HEADS) : Optional.empty())
            .orElse(whole.groups());
    if (!own || asked(DecoderDimension.GROUPS).isPresent()) {
      check(DecoderDimension.GROUPS, groups, whole.groups(), divisors.groups(), problems);
    }
    return groups;
  }

  private int heads(DecoderSizes whole) {
    return asked(DecoderDimension.HEADS)
        .orElseGet(
            () ->
                asked(DecoderDimension.GROUPS)
                    .map(g -> g * whole.headsPerGroup())
                    .orElse(whole.heads()));
  }

  /** Heads are taken from groups, equally many from each. */
  private void attention(
      DecoderSizes whole, int heads, int groups, SizeDivisors divisors, List<String> problems) {
    check(DecoderDimension.HEADS, heads, whole.heads(), 1, problems);
    if (groups < 1 || heads < 1) {
      return; // said by now
    }
    if (heads % groups != 0) {
      problems.add(
          where(List.of(DecoderDimension.HEADS))
              + "%d heads are no multiple of %d groups".formatted(heads, groups));
      return;
    }
    int perGroup = heads / groups;
    if (perGroup > whole.headsPerGroup()) {
      problems.add(
          where(List.of(DecoderDimension.HEADS))
              + "%d heads in %d groups are %d in each, but the model has %d"
                  .formatted(heads, groups, perGroup, whole.headsPerGroup()));
    } else if (perGroup % divisors.headsPerGroup() != 0 && perGroup != whole.headsPerGroup()) {
      problems.add(
          where(List.of(DecoderDimension.HEADS))
              + "%d heads in each group are no multiple of %d"
                  .formatted(perGroup, divisors.headsPerGroup()));
    }
  }

  private Optional<Integer> asked(DecoderDimension size) {
    return Optional.ofNullable(asked.get(size));
  }

  private static String where(List<DecoderDimension> sizes) {
    return "prune.export.%s: "
        .formatted(String.join(" and ", sizes.stream().map(size -> size.keys().get(0)).toList()));
  }
}
