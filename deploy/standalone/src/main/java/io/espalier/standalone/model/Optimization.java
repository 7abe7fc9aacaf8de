package io.espalier.standalone.model;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.PruningPolicy;
import io.espalier.schemas.policy.Policy;
import io.espalier.schemas.policy.PolicyFile;
import io.espalier.standalone.report.Measurement;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.streams.domain.policy.GateResult;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.report.Reports;
import io.espalier.worker.stage.LocalRun;
import io.espalier.worker.stage.MadeParents;
import io.espalier.worker.stage.ScoreShelf;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.Stop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A policy's stages on a model directory of this machine, gates included. */
public final class Optimization {
  /**
   * What to do.
   *
   * @param model model directory
   * @param policy file with one policy
   * @param data data by role where the policy names none
   * @param out new or empty directory for the result
   * @param heapMebibytes Java heap of each stage
   * @param threads threads of the tensor library
   * @param scores where scores of models are kept for other budgets, if they are
   * @param origin what reports tell of who asked
   */
  public record Request(
      Path model,
      Path policy,
      Map<String, String> data,
      Path out,
      int heapMebibytes,
      int threads,
      Optional<ScoreShelf> scores,
      CommandOrigin origin) {
    /** A request; the map is copied. */
    public Request {
      data = Map.copyOf(data);
    }
  }

  /**
   * What came out.
   *
   * @param result what to print
   * @param accepted false if a gate failed and the policy rejects such a result
   */
  public record Outcome(Result result, boolean accepted) {}

  private Optimization() {}

  /**
   * Runs every stage. The output directory has the result if it is accepted, and does not exist
   * otherwise.
   *
   * @throws InvalidInputException with every problem of model, policy or data
   * @throws io.espalier.worker.domain.InfeasibleException if no model meets the constraints
   */
  public static Outcome run(Request request, Narration narration) {
    PruningPolicy policy = only(request.policy()).toAvro(1);
    OpenedModel model = OpenedModel.open(request.model());
    requireMatch(policy, model);
    Path out = request.out().toAbsolutePath();
    requireFree(out);
    LocalGates.requireMeasured(
        policy,
        LocalStages.metrics(
            stages(request, policy, out), request.heapMebibytes(), request.threads()));
    try (Interruption interruption = Interruption.watch();
        var parents = MadeParents.of(out)) {
      Path scratch =
          Files.createTempDirectory(parents.parent(), "." + out.getFileName() + "-candidate");
      try {
        return run(request, policy, scratch.resolve("model"), narration, interruption.stop());
      } finally {
        Scratch.delete(scratch);
      }
    } catch (IOException failed) {
      throw new UncheckedIOException("cannot write " + out, failed);
    }
  }

  private static Outcome run(
      Request request, PruningPolicy policy, Path candidate, Narration narration, Stop stop)
      throws IOException {
    List<StageResult> results =
        LocalStages.run(
            stages(request, policy, candidate),
            request.heapMebibytes(),
            request.threads(),
            request.scores(),
            narration,
            stop);
    Path produced = Files.isDirectory(candidate) ? candidate : request.model();
    Manifest manifest = Manifest.of(produced);
    LocalGates gates = LocalGates.of(policy, results, manifest);
    if (produced.equals(candidate)) {
      Reports.identify(
          candidate, request.origin().identity(request.model(), policy, gates, manifest));
    }
    Optional<Path> place = Optional.empty();
    if (gates.accepted() && produced.equals(candidate)) {
      Files.deleteIfExists(request.out());
      Files.move(candidate, request.out(), StandardCopyOption.ATOMIC_MOVE);
      place = Optional.of(request.out().toAbsolutePath().normalize());
    }
    return new Outcome(result(policy, gates, manifest, place), gates.accepted());
  }

  private static Result result(
      PruningPolicy policy, LocalGates gates, Manifest manifest, Optional<Path> place) {
    List<Measurement> measured = gates.measurements();
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("policy", policy.getName()).put("accepted", gates.accepted());
    json.set("before", Measurement.before(measured));
    json.set("after", Measurement.after(measured));
    var nodes = json.putArray("gates");
    gates.results().forEach(gate -> nodes.add(gateNode(gate)));
    place.ifPresent(
        path ->
            json.putObject("artifact")
                .put("directory", path.toString())
                .put("rootDigest", manifest.rootDigest()));
    Optional<Path> report =
        place.map(path -> path.resolve(Reports.HTML)).filter(Files::isRegularFile);
    report.ifPresent(file -> json.put("report", file.toString()));
    var text = new StringBuilder(Measurement.table(measured));
    for (GateResult gate : gates.results()) {
      text.append(gate.passed() ? "\ngate passed: " : "\ngate failed: ").append(gates.words(gate));
    }
    text.append(
        place
            .map(path -> "\nwrote %s (root digest %s)".formatted(path, manifest.rootDigest()))
            .orElse(
                gates.accepted()
                    ? "\nno stage changed the model"
                    : "\nnothing was written, since a gate failed"));
    report.ifPresent(file -> text.append("\nreport  ").append(file.toUri()));
    LocalStages.warn(json, gates.warnings());
    text.append(LocalStages.warnings(gates.warnings()));
    return Result.of(json, text.toString());
  }

  private static ObjectNode gateNode(GateResult gate) {
    ObjectNode node =
        JsonNodeFactory.instance
            .objectNode()
            .put("metric", gate.gate().metric())
            .put("rule", gate.gate().rule().key())
            .put("bound", gate.gate().bound());
    gate.measured().ifPresent(value -> node.put("measured", value));
    return node.put("passed", gate.passed());
  }

  private static LocalRun.Request stages(Request request, PruningPolicy policy, Path output) {
    return new LocalRun.Request(
        request.model(), steps(policy), data(request, policy), policy.getSeed(), output);
  }

  private static List<LocalRun.Step> steps(PruningPolicy policy) {
    return policy.getStages().stream()
        .map(stage -> new LocalRun.Step(StageKind.valueOf(stage.getKind().name()), stage.getSpec()))
        .toList();
  }

  private static Map<String, URI> data(Request request, PruningPolicy policy) {
    Map<String, URI> data = new HashMap<>();
    request.data().forEach((role, uri) -> data.put(role, DataUri.of(uri)));
    policy.getData().forEach((role, uri) -> data.put(role, DataUri.of(uri)));
    return data;
  }

  private static Policy only(Path file) {
    List<Policy> policies = PolicyFile.read(file).orThrow();
    if (policies.size() != 1) {
      throw new InvalidInputException(
          "%s holds %d policies %s; optimize needs a file with one"
              .formatted(file, policies.size(), policies.stream().map(Policy::name).toList()));
    }
    return policies.get(0);
  }

  /** Tasks, names and labels belong to a registration; a directory has a family only. */
  private static void requireMatch(PruningPolicy policy, OpenedModel model) {
    List<String> families = policy.getMatch().getFamilies();
    String family = model.family().name();
    if (!families.isEmpty() && !families.contains(family)) {
      throw new InvalidInputException(
          "the policy '%s' is for models of %s, but %s is of the family %s; choose another policy, or add the family to spec.match.families"
              .formatted(policy.getName(), families, model.directory().path(), family));
    }
    String task = policy.getMatch().getTask();
    if (task != null && !model.family().tasks().contains(task)) {
      throw new InvalidInputException(
          "the policy '%s' is for the task %s, but %s is of the family %s, which is for %s; choose another policy"
              .formatted(
                  policy.getName(),
                  task,
                  model.directory().path(),
                  family,
                  String.join(", ", model.family().tasks())));
    }
  }

  private static void requireFree(Path out) throws InvalidInputException {
    String[] entries = out.toFile().list();
    if (Files.exists(out) && (entries == null || entries.length > 0)) {
      throw new InvalidInputException(
          "the output %s should be a new or empty directory, but there is something; choose another"
              .formatted(out));
    }
  }
}
