package io.espalier.standalone.command;

import io.espalier.standalone.model.PolicyOptions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Bounds given in place of a policy file. */
final class BoundOptions {
  /**
   * One bound with all of its values.
   *
   * @param name such as {@code flops}
   * @param values such as {@code 60%}
   */
  record Bound(String name, List<String> values) {}

  @Option(
      names = "--algorithm",
      required = true,
      paramLabel = "NAME",
      description = "In place of --policy: prune with fastnas, gradnas or minitron.")
  private String algorithm = "";

  @Option(
      names = "--constraint",
      paramLabel = "NAME=BOUND[,BOUND...]",
      converter = BoundConverter.class,
      description =
          "Bound such as flops=60%% or parameters=200000; repeat for several at once. Of several"
              + " values, such as flops=50%%,60%%,70%%, each becomes a result of its own below"
              + " --out.")
  private List<Bound> constraints = new ArrayList<>();

  @Option(
      names = "--gate",
      paramLabel = "GATE",
      description =
          "What a result must meet, such as 'accuracy maxDegradation=0.02'; repeat for several.")
  private List<String> gates = new ArrayList<>();

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description =
          "Further key of a policy's prune stage, such as channelDivisor=8; the value is YAML.")
  private Map<String, String> settings = new LinkedHashMap<>();

  /** Values by name of the constraint. */
  Map<String, List<String>> bounds(Task command) {
    Map<String, List<String>> bounds = new LinkedHashMap<>();
    for (Bound bound : constraints) {
      if (bounds.put(bound.name(), bound.values()) != null) {
        throw command.wrong(
            "--constraint %s is there twice; name all values at once, as %s=50%%,60%%"
                .formatted(bound.name(), bound.name()));
      }
    }
    return bounds;
  }

  /** The options, yet without constraints. */
  PolicyOptions policy(Map<String, String> data) {
    return new PolicyOptions(algorithm, Map.of(), gates, settings, data);
  }

  /** Reads {@code flops=50%,60%}. */
  static final class BoundConverter implements ITypeConverter<Bound> {
    @Override
    public Bound convert(String text) {
      int equals = text.indexOf('=');
      List<String> values = List.of(text.substring(equals + 1).split(",", -1));
      if (equals < 1 || values.stream().anyMatch(String::isBlank)) {
        throw new TypeConversionException(
            "wanted NAME=BOUND, such as flops=60%% or flops=50%%,60%%, found '%s'".formatted(text));
      }
      return new Bound(
          text.substring(0, equals), values.stream().map(String::strip).distinct().toList());
    }
  }
}
