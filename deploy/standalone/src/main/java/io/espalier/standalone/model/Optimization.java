package io.espalier.standalone.model;

import io.espalier.event.PruningPolicy;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.report.Reports;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.job.Folders;
import io.espalier.worker.stage.job.LocalRun;
import io.espalier.worker.stage.job.MadeParents;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** A policy's stages on a model directory of this machine, gates included. */
public final class Optimization {
  /**
   * Request.
   *
   * @param model model directory
   * @param policy what is done, and what a result must meet
   * @param data data by role; they win over those of the policy
   * @param out new or empty directory for the result
   * @param origin what reports tell of who asked
   */
  public record Request(
      Path model,
      LocalPolicy policy,
      Map<String, String> data,
      Path out,
      LocalResources resources,
      CommandOrigin origin) {
    /** A request; the map is copied, and an output that is a link is what it leads to. */
    public Request {
      out = Folders.unlinked(out);
      data = Map.copyOf(data);
    }

    Request withPolicy(LocalPolicy other, Path place) {
      return new Request(model, other, data, place, resources, origin);
    }

    Request keepingScores(Path folder) {
      var keeping =
          new LocalResources(resources.heapMebibytes(), resources.threads(), Optional.of(folder));
      return new Request(model, policy, data, out, keeping, origin);
    }
  }

  /**
   * Outcome.
   *
   * @param result what to print
   * @param accepted false if a gate failed and the policy rejects such a result
   * @param reported the directory with the result's report, if there is one: of a result that was
   *     rejected nothing else is there
   */
  public record Outcome(Result result, boolean accepted, Optional<Path> reported) {}

  private final Request request;
  private final Path out;
  private final Map<String, URI> data;
  private final Narration narration;

  private Optimization(Request request, Narration narration) {
    this.request = request;
    this.narration = narration;
    this.out = OutputDirectory.free(request.out());
    this.data = LocalData.of(policy().getData(), request.data(), narration);
  }

  /**
   * Runs every stage. The output directory has the result if it is accepted; if not, it does not
   * exist, and beside it is a directory with the report.
   *
   * @throws InvalidInputException with every problem of model, policy, data or output
   * @throws io.espalier.worker.domain.InfeasibleException if no model meets the constraints
   */
  public static Outcome run(Request request, Narration narration) {
    narration.say("policy '%s'".formatted(request.policy().policy().getName()));
    request.policy().requireFor(OpenedModel.open(request.model()));
    return new Optimization(request, narration).run();
  }

  private Outcome run() {
    Path policyFile = PolicyCopy.place(out);
    request.policy().text().ifPresent(any -> PolicyCopy.requireOwn(policyFile));
    LocalGates.requireMeasured(policy(), LocalStages.metrics(stages(out), request.resources()));
    try (Interruption interruption = Interruption.watch(keptOnInterrupt());
        var parents = MadeParents.of(out)) {
      Path scratch =
          Files.createTempDirectory(parents.parent(), "." + out.getFileName() + "-candidate");
      try {
        return run(scratch.resolve("model"), interruption.stop());
      } finally {
        Scratch.delete(scratch);
      }
    } catch (IOException failed) {
      throw OutputDirectory.refused(request.out(), failed);
    } catch (UncheckedIOException failed) {
      throw OutputDirectory.refused(request.out(), Objects.requireNonNull(failed.getCause()));
    }
  }

  private Outcome run(Path candidate, Stop stop) throws IOException {
    LocalStages.Finished finished =
        LocalStages.run(stages(candidate), request.resources(), narration, stop);
    Path produced = Files.isDirectory(candidate) ? candidate : request.model();
    boolean isChanged = produced.equals(candidate);
    Manifest manifest = Manifest.of(produced);
    LocalGates judged = LocalGates.of(policy(), finished.results(), manifest);
    LocalGates gates = isForetold(candidate) ? judged.foretold(candidate) : judged;
    if (isChanged) {
      Reports.identify(
          candidate, request.origin().identity(request.model(), policy(), gates, manifest));
    }
    var told = new OptimizationResult(policy().getName(), gates, finished.scoresReused());
    if (!gates.accepted()) {
      Optional<Path> kept =
          isChanged
              ? RejectedReport.keep(candidate, out, request.policy().text())
              : Optional.empty();
      return new Outcome(told.rejected(kept), false, kept);
    }
    if (!isChanged) {
      return new Outcome(told.unchanged(), true, Optional.empty());
    }
    Files.deleteIfExists(out);
    Files.move(candidate, out, StandardCopyOption.ATOMIC_MOVE);
    Optional<Path> copy = PolicyCopy.write(out, request.policy().text());
    return new Outcome(told.written(out, manifest, copy), true, Optional.of(out));
  }

  /**
   * Curves are about one stage; what several stages would do with another budget they leave out.
   */
  private boolean isForetold(Path candidate) {
    return request.policy().steps().size() == 1 && RejectedReport.isReported(candidate);
  }

  private String keptOnInterrupt() {
    return "no model was written"
        + request
            .resources()
            .scores()
            .map(
                folder ->
                    "; the scores that were measured are kept in %s, and the same command goes on from there"
                        .formatted(folder))
            .orElse("");
  }

  private PruningPolicy policy() {
    return request.policy().policy();
  }

  private LocalRun.Request stages(Path output) {
    return new LocalRun.Request(
        request.model(), request.policy().steps(), data, policy().getSeed(), output);
  }
}
