package io.espalier.worker.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.Metric;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Facts in {@value Reports#JSON} of a pruning by which prunings are compared and predicted.
 *
 * @param model what the model that was pruned is called
 * @param parentDigest root digest of its files
 * @param algorithm such as {@code fastnas}
 * @param constraints what was asked for and what was reached
 * @param metrics measurements before and after
 * @param withinNoise by metric whether it changed by no more than chance may, where that is known
 * @param widths every axis, in the order of the forward pass
 * @param curve what other budgets would have led to
 * @param chosen what the search chose for this one
 */
public record StoredReport(
    String model,
    Optional<String> parentDigest,
    String algorithm,
    List<Asked> constraints,
    List<Metric> metrics,
    Map<String, Boolean> withinNoise,
    List<Width> widths,
    List<Foretold> curve,
    Optional<Foretold> chosen) {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A report of one model has thousands of axes at most. */
  private static final long LARGEST = 64L << 20;

  /** A report; the lists are copied. */
  public StoredReport {
    constraints = List.copyOf(constraints);
    metrics = List.copyOf(metrics);
    withinNoise = Map.copyOf(withinNoise);
    widths = List.copyOf(widths);
    curve = List.copyOf(curve);
  }

  /**
   * One bound.
   *
   * @param quantity such as {@code flops}
   * @param asked as it was written, such as {@code 60%}
   * @param limit the largest value allowed
   * @param reached value of the result
   */
  public record Asked(String quantity, String asked, long limit, long reached) {}

  /**
   * One axis.
   *
   * @param axis its name
   * @param units its width in the model that went in
   * @param chosen its width in the result
   */
  public record Width(String axis, int units, int chosen) {}

  /**
   * A model that was foretold and not made.
   *
   * @param cost by quantity
   * @param loss how much score it is expected to lose against the original
   */
  public record Foretold(Map<String, Long> cost, double loss) {
    /** A model; the map is copied. */
    public Foretold {
      cost = Map.copyOf(cost);
    }
  }

  /**
   * Reads the report of a result.
   *
   * @throws InvalidInputException if the directory has none, or it cannot be understood
   */
  public static StoredReport read(Path directory) {
    Path file = directory.resolve(Reports.JSON);
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          "%s: wanted a directory that optimize has written, with %s in it, but there is none"
              .formatted(directory, Reports.JSON));
    }
    try {
      if (Files.size(file) > LARGEST) {
        throw refusal(file, "it has %d bytes".formatted(Files.size(file)));
      }
      return of(JSON.readTree(Files.readAllBytes(file)));
    } catch (JsonProcessingException e) {
      throw refusal(file, e.getOriginalMessage());
    } catch (IOException e) {
      throw refusal(file, e.toString());
    } catch (IllegalArgumentException e) {
      throw refusal(file, String.valueOf(e.getMessage()));
    }
  }

  private static InvalidInputException refusal(Path file, String why) {
    return new InvalidInputException(
        "%s is no report of a pruning that can be read: %s".formatted(file, why));
  }

  private static StoredReport of(JsonNode root) {
    List<Asked> constraints = new ArrayList<>();
    root.required("constraints").forEach(node -> constraints.add(asked(node)));
    List<Metric> metrics = new ArrayList<>();
    root.required("metrics").forEach(node -> metrics.add(metric(node)));
    List<Width> widths = new ArrayList<>();
    root.required("axes").forEach(node -> widths.add(width(node)));
    List<Foretold> curve = new ArrayList<>();
    root.path("curve").path("points").forEach(node -> curve.add(foretold(node)));
    JsonNode chosen = root.path("curve").path("chosen");
    return new StoredReport(
        root.required("model").required("name").asText(),
        text(root.path("model").get("parentDigest")),
        root.required("setup").required("algorithm").asText(),
        constraints,
        metrics,
        withinNoise(root.required("metrics")),
        widths,
        curve,
        chosen.isMissingNode() ? Optional.empty() : Optional.of(foretold(chosen)));
  }

  private static Asked asked(JsonNode node) {
    return new Asked(
        node.required("quantity").asText(),
        node.required("asked").asText(),
        node.required("limit").asLong(),
        node.required("reached").asLong());
  }

  private static Metric metric(JsonNode node) {
    return new Metric(
        node.required("name").asText(),
        node.required("unit").asText(),
        number(node.get("before")),
        number(node.get("after")),
        node.required("higherIsBetter").asBoolean(),
        text(node.get("dataset")),
        node.has("samples") ? OptionalLong.of(node.get("samples").asLong()) : OptionalLong.empty());
  }

  private static Map<String, Boolean> withinNoise(JsonNode metrics) {
    Map<String, Boolean> known = new HashMap<>();
    for (JsonNode metric : metrics) {
      JsonNode told = metric.path("interval").path("withinNoise");
      if (told.isBoolean()) {
        known.put(metric.required("name").asText(), told.asBoolean());
      }
    }
    return known;
  }

  private static Width width(JsonNode node) {
    return new Width(
        node.required("name").asText(),
        node.required("units").asInt(),
        node.required("chosen").asInt());
  }

  private static Foretold foretold(JsonNode node) {
    Map<String, Long> cost = new LinkedHashMap<>();
    node.required("cost")
        .properties()
        .forEach(field -> cost.put(field.getKey(), field.getValue().asLong()));
    return new Foretold(cost, number(node.get("predictedLoss")).orElse(Double.NaN));
  }

  private static Optional<String> text(@Nullable JsonNode node) {
    return Optional.ofNullable(node).map(JsonNode::asText);
  }

  /** JSON has no NaN and no infinity; reports write them as texts. */
  private static OptionalDouble number(@Nullable JsonNode node) {
    if (node == null) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(node.isNumber() ? node.asDouble() : Double.parseDouble(node.asText()));
  }
}
