package io.espalier.standalone.model;

import io.espalier.event.PruningPolicy;
import io.espalier.worker.checkpoint.Manifest;
import io.espalier.worker.report.facts.ResultIdentity;
import java.nio.file.Path;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Origin of a result's request, for reports.
 *
 * @param command the command line
 * @param clock says when the result was there
 * @param version of this program, if it was packaged
 */
public record CommandOrigin(String command, Clock clock, Optional<String> version) {
  /**
   * Returns what a report tells of a result of this machine: no run and no generation, which only a
   * running system has.
   */
  ResultIdentity identity(Path model, PruningPolicy policy, LocalGates gates, Manifest produced) {
    return new ResultIdentity(
        Optional.of(model.toAbsolutePath().normalize()).map(Path::getFileName).map(Path::toString),
        Optional.empty(),
        Optional.of(policy.getName()),
        OptionalLong.empty(),
        Optional.empty(),
        clock.instant().truncatedTo(ChronoUnit.SECONDS),
        command,
        gates.results().stream()
            .map(
                gate -> new ResultIdentity.GateFacts(gates.words(gate), Optional.of(gate.passed())))
            .toList(),
        gates.forecast(),
        produced.rootDigest(),
        version);
  }
}
