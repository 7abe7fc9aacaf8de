package io.espalier.standalone.model;

import io.espalier.worker.report.Reports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Remains of a result that gates refused: its report, and what was asked for. */
final class RejectedReport {
  private static final String POLICY = "policy.yaml";
  private static final Set<String> OWN = Set.of(Reports.HTML, Reports.JSON, POLICY);

  private RejectedReport() {}

  /** Returns whether the last stage wrote a report. */
  static boolean isReported(Path candidate) {
    return Files.isRegularFile(candidate.resolve(Reports.JSON));
  }

  /**
   * Copies the report into a directory beside the output, in place of an earlier one.
   *
   * @param candidate the result
   * @param out where it would have gone
   * @param policy what was asked for, if no file says it yet
   * @return the directory; empty if there is no report
   */
  static Optional<Path> keep(Path candidate, Path out, Optional<String> policy) throws IOException {
    if (!isReported(candidate)) {
      return Optional.empty();
    }
    Path kept = place(out);
    Files.createDirectories(kept);
    for (String file : List.of(Reports.HTML, Reports.JSON)) {
      Files.copy(candidate.resolve(file), kept.resolve(file), StandardCopyOption.REPLACE_EXISTING);
    }
    if (policy.isPresent()) {
      Files.writeString(kept.resolve(POLICY), policy.get());
    } else {
      Files.deleteIfExists(kept.resolve(POLICY));
    }
    return Optional.of(kept);
  }

  /** The first of {@code OUT-rejected}, {@code OUT-rejected-2}, ... that holds nothing else. */
  private static Path place(Path out) {
    for (int i = 1; ; i++) {
      Path place = out.resolveSibling(out.getFileName() + "-rejected" + (i == 1 ? "" : "-" + i));
      String[] found = place.toFile().list();
      if (Files.notExists(place) || (found != null && OWN.containsAll(List.of(found)))) {
        return place;
      }
    }
  }
}
