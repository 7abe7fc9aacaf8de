package io.espalier.worker.model.convnet;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.model.family.TimmConfig;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * Structure of a residual network, whoever describes it.
 *
 * @param name of the architecture
 * @param names what its parts are called
 * @param variant its blocks and how it begins
 * @param classes number of classes, if it is said
 * @param input size of one image: channels, height, width; empty if it is not said
 * @param stem width of the first convolution, before any cut
 * @param inner width inside the blocks of each stage, before any cut
 * @param outer width between the blocks of each stage, before any cut
 * @param first the first block of the first stage
 * @param halvesEarly whether bottlenecks halve height and width in their first convolution, as the
 *     paper has it, instead of the 3 × 3 one
 */
record ResnetPlan(
    String name,
    ResnetNames names,
    ResnetVariant variant,
    OptionalInt classes,
    List<Integer> input,
    int stem,
    List<Integer> inner,
    List<Integer> outer,
    First first,
    boolean halvesEarly) {

  /**
   * The first block of the first stage.
   *
   * @param projects whether it has a projection on its shortcut
   * @param halves whether it halves height and width
   */
  record First(boolean projects, boolean halves) {}

  ResnetPlan {
    input = List.copyOf(input);
    inner = List.copyOf(inner);
    outer = List.copyOf(outer);
  }

  /**
   * Returns what a config.json in the style of timm says.
   *
   * @param shapes shapes of the checkpoint's tensors
   * @throws InvalidInputException if it is not understood, with every reason
   */
  static ResnetPlan timm(JsonNode json, Map<String, long[]> shapes) {
    String name = TimmConfig.architectureOf(json);
    ResnetVariant variant = variant(name);
    TimmConfig config = TimmConfig.ofStages(json, variant.cifar(), variant.blocks().size());
    List<Integer> widths =
        config.stageWidths().isEmpty() ? variant.stageWidths() : config.stageWidths();
    // Basic blocks of a usual width need none in stage 1; narrowed ones have one in the checkpoint.
    boolean projects =
        variant.bottleneck()
            || shapes.keySet().stream()
                .anyMatch(tensor -> tensor.startsWith("layer1.0.downsample."));
    int stem =
        variant.deep() ? config.stemWidth().orElse(32) : variant.cifar() ? widths.get(0) : 64;
    return new ResnetPlan(
        name,
        ResnetNames.TIMM,
        variant,
        config.classes(),
        config.input(),
        stem,
        widths,
        widths.stream().map(width -> width * variant.expansion()).toList(),
        new First(projects && !variant.cifar(), false),
        false);
  }

  /**
   * The variant of a name as timm writes it.
   *
   * @throws InvalidInputException if it is none of ours
   */
  static ResnetVariant variant(String name) {
    return TimmConfig.known(
        ResnetVariant.of(name), name, "a residual network", ResnetVariant.KNOWN);
  }

  /**
   * Returns whether a block has a projection on its shortcut; stages count from 1, blocks from 0.
   */
  boolean projects(int stage, int block) {
    return block == 0 && !variant.cifar() && (stage > 1 || first.projects());
  }

  /** Returns whether a block halves height and width. */
  boolean halves(int stage, int block) {
    return block == 0 && (stage > 1 || first.halves());
  }
}
