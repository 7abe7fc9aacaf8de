package io.espalier.worker.stage;

import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.report.Reports;
import io.espalier.worker.report.ResultIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reports of results that go out: they say which run made them. Gates are not told of, since the
 * coordinator judges by them once the result is published.
 *
 * @param clock says when a result was there
 */
public record RunReports(InstantSource clock) {
  /**
   * Completes the reports of a result that nobody else has seen.
   *
   * @param directory of the result; nothing happens if it has no report
   */
  public void complete(Path directory, RunOrigin origin, String rootDigest) {
    boolean isKnown = !origin.policy().isEmpty();
    Reports.identify(
        directory,
        new ResultIdentity(
            Optional.of(origin.model()),
            Optional.of(origin.version()),
            isKnown ? Optional.of(origin.policy()) : Optional.empty(),
            isKnown ? OptionalLong.of(origin.generation()) : OptionalLong.empty(),
            Optional.of(origin.job().runId()),
            clock.instant().truncatedTo(ChronoUnit.SECONDS),
            origin.cause(),
            List.of(),
            rootDigest,
            Optional.ofNullable(RunReports.class.getPackage().getImplementationVersion())));
  }

  /**
   * Completes copies of the reports of a result that was published before, which stay as they are.
   *
   * @param published directory of the result
   * @param copies directory for the copies; made
   */
  public void completeCopies(Path published, Path copies, RunOrigin origin, String rootDigest) {
    try {
      Files.createDirectories(copies);
      for (String report : List.of(Reports.HTML, Reports.JSON)) {
        if (Files.isRegularFile(published.resolve(report))) {
          Files.copy(published.resolve(report), copies.resolve(report));
        }
      }
    } catch (IOException e) {
      throw new ResourceException(
          "cannot copy the reports of %s to %s: %s".formatted(published, copies, e), e);
    }
    complete(copies, origin, rootDigest);
  }
}
