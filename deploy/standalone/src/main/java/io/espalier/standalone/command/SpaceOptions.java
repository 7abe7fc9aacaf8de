package io.espalier.standalone.command;

import io.espalier.worker.algorithm.search.LayerRules;
import io.espalier.worker.algorithm.search.LayerRules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Widths to choose from, as the prune stage of a policy says it. */
final class SpaceOptions {
  @Option(
      names = "--channel-divisor",
      paramLabel = "N",
      defaultValue = "32",
      description = "Widths are multiples of this. Default: ${DEFAULT-VALUE}.")
  private int channelDivisor;

  @Option(
      names = "--layer",
      paramLabel = "GLOB=RULE",
      converter = RuleConverter.class,
      description =
          "Rule for the layers of that name: exclude, or a channel divisor of their own. Repeat for"
              + " several; what is said later counts.")
  private List<Rule> layers = new ArrayList<>();

  /** Widths are multiples of this. */
  int channelDivisor(Task command) {
    return command.positive("--channel-divisor", channelDivisor);
  }

  /** Rules for single layers. */
  LayerRules layers() {
    return new LayerRules(layers);
  }

  /** Reads {@code layer4.*=exclude} and {@code *.conv1=16}. */
  static final class RuleConverter implements ITypeConverter<Rule> {
    @Override
    public Rule convert(String text) {
      int equals = text.lastIndexOf('=');
      String glob = text.substring(0, Math.max(0, equals));
      String rule = text.substring(equals + 1);
      if (!glob.isEmpty() && rule.equals("exclude")) {
        return Rule.excluding(glob);
      }
      if (!glob.isEmpty() && rule.matches("[1-9][0-9]{0,8}")) {
        // takes back an exclusion that was said before
        Optional<Integer> divisor = Optional.of(Integer.valueOf(rule));
        return new Rule(glob, divisor, Optional.empty(), Optional.of(false));
      }
      throw new TypeConversionException(
          "wanted GLOB=exclude or GLOB=DIVISOR, such as 'layer4.*=exclude' or '*.conv1=16', found '%s'"
              .formatted(text));
    }
  }
}
