package io.espalier.worker.stage.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** File in which a child tells the end: the report, or the failure with all its figures. */
final class ResultFile {
  /** A thousand times what a report with all its metrics takes. */
  static final long LARGEST = 64L << 20;

  private static final String INVALID_INPUT = "INVALID_INPUT";
  private static final String INFEASIBLE = "INFEASIBLE";
  private static final String RESOURCE = "RESOURCE";
  private static final String INTERNAL = "INTERNAL";

  /** A success as it lies in the file. */
  record Success(StageReport report, OptionalLong peakMemoryBytes) {}

  private ResultFile() {}

  /** Returns where the result of a job lies. */
  static Path of(Path jobFile) {
    return jobFile.resolveSibling("result.json");
  }

  static void write(Path file, StageReport report, OptionalLong peakMemoryBytes) {
    ObjectNode node = Json.object();
    node.set("succeeded", ReportJson.of(report));
    peakMemoryBytes.ifPresent(bytes -> node.put("peakMemoryBytes", bytes));
    Json.write(file, node);
  }

  static void write(Path file, WorkerException failure) {
    ObjectNode node = Json.object();
    node.set("failed", failure(failure));
    Json.write(file, node);
  }

  /**
   * The success.
   *
   * @throws WorkerException the failure, of the type it had in the child
   */
  static Success read(Path file) {
    requireSmall(file);
    JsonNode node = Json.read(file);
    JsonNode failed = node.get("failed");
    if (failed != null) {
      throw failure(failed);
    }
    return new Success(
        ReportJson.report(node.required("succeeded")),
        ReportJson.optionalLong(node.get("peakMemoryBytes")));
  }

  private static void requireSmall(Path file) {
    try {
      long bytes = Files.size(file);
      if (bytes > LARGEST) {
        throw new WorkerException(
            "the stage left a result of %d bytes, more than the %d that any has"
                .formatted(bytes, LARGEST),
            true,
            null);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("could not look at " + file, e);
    }
  }

  private static ObjectNode failure(WorkerException failure) {
    ObjectNode node =
        Json.object()
            .put("message", String.valueOf(failure.getMessage()))
            .put("retryable", failure.retryable());
    if (failure instanceof InvalidInputException invalid) {
      ArrayNode problems = node.put("kind", INVALID_INPUT).putArray("problems");
      invalid.problems().forEach(problems::add);
    } else if (failure instanceof InfeasibleException infeasible) {
      node.put("kind", INFEASIBLE).put("constraint", infeasible.constraint());
      Json.put(node, "bound", infeasible.bound());
      Json.put(node, "smallest", infeasible.smallest());
    } else {
      node.put("kind", failure instanceof ResourceException ? RESOURCE : INTERNAL);
    }
    return node;
  }

  private static WorkerException failure(JsonNode node) {
    String message = node.required("message").textValue();
    return switch (node.required("kind").textValue()) {
      case INVALID_INPUT -> {
        List<String> problems = new ArrayList<>();
        node.required("problems").forEach(problem -> problems.add(problem.textValue()));
        yield new InvalidInputException(problems);
      }
      case INFEASIBLE ->
          new InfeasibleException(
              node.required("constraint").textValue(),
              Json.number(node.required("bound")),
              Json.number(node.required("smallest")),
              message);
      case RESOURCE -> new ResourceException(message, null);
      default -> new WorkerException(message, node.required("retryable").booleanValue(), null);
    };
  }
}
