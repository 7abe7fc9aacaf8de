package io.espalier.worker.stage;

import io.espalier.gate.BudgetForecast;
import io.espalier.gate.GateResult;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.checkpoint.store.Draft;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.report.BudgetForecasting;
import io.espalier.worker.report.Reports;
import io.espalier.worker.report.facts.ResultIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reports of results that go out: they say which run made them, and how they fare at its gates.
 * What counts is the coordinator's judgement, by the same rules, once the result is published.
 *
 * @param clock says when a result was there
 */
public record RunReports(InstantSource clock) {
  /**
   * Completes the reports of a result that nobody else has seen.
   *
   * @param directory of the result; if it has no report, nothing is told
   * @param result what the stage says of it
   * @param output its files
   * @return the budget that is foretold to pass the gates, if the result does not
   */
  public Optional<BudgetForecast> complete(
      Path directory, RunOrigin origin, StageReport result, Manifest output) {
    Optional<BudgetForecast> forecast = forecast(directory, origin, result, output);
    Reports.identify(directory, identity(origin, result, output, forecast));
    return forecast;
  }

  private ResultIdentity identity(
      RunOrigin origin, StageReport result, Manifest output, Optional<BudgetForecast> forecast) {
    boolean isKnown = !origin.policy().isEmpty();
    return new ResultIdentity(
        Optional.of(origin.model()),
        Optional.of(origin.version()),
        isKnown ? Optional.of(origin.policy()) : Optional.empty(),
        isKnown ? OptionalLong.of(origin.generation()) : OptionalLong.empty(),
        Optional.of(origin.job().runId()),
        clock.instant().truncatedTo(ChronoUnit.SECONDS),
        origin.cause(),
        origin.gates().facts(origin.job().stageIndex(), result.metrics(), output.bytes()),
        forecast,
        output.rootDigest(),
        Optional.ofNullable(RunReports.class.getPackage().getImplementationVersion()));
  }

  /**
   * Curves are about one stage; what several stages would do with another budget they leave out.
   */
  private static Optional<BudgetForecast> forecast(
      Path directory, RunOrigin origin, StageReport result, Manifest output) {
    List<GateResult> results = origin.gates().results(result.metrics(), output.bytes());
    return origin.gates().stages() == 1
            && results.stream().anyMatch(gate -> !gate.passed())
            && Files.isRegularFile(directory.resolve(Reports.JSON))
        ? BudgetForecasting.of(directory, results)
        : Optional.empty();
  }

  /**
   * Completes copies of the reports of a result that was published before, which stay as they are.
   *
   * @param published the result, with its directory
   * @param copies directory for the copies; made
   * @return the budget that is foretold to pass the gates, if the result does not
   */
  public Optional<BudgetForecast> completeCopies(
      Draft published, Path copies, RunOrigin origin, StageReport result) {
    Path directory = published.directory();
    try {
      Files.createDirectories(copies);
      for (String report : List.of(Reports.HTML, Reports.JSON)) {
        if (Files.isRegularFile(directory.resolve(report))) {
          Files.copy(directory.resolve(report), copies.resolve(report));
        }
      }
    } catch (IOException e) {
      throw new ResourceException(
          "cannot copy the reports of %s to %s: %s".formatted(directory, copies, e), e);
    }
    return complete(copies, origin, result, published.manifest());
  }
}
