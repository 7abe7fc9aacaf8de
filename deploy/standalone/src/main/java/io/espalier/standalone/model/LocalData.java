package io.espalier.standalone.model;

import io.espalier.standalone.report.Narration;
import io.espalier.worker.domain.InvalidInputException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Data by role for work on this machine. What the command line names wins over what the policy
 * names, since it was said last and for this run alone.
 */
final class LocalData {
  /** Roles that data have: three of samples, and the model that a distillation learns from. */
  static final List<String> ROLES = List.of("calibration", "train", "eval", "teacher");

  private LocalData() {}

  /**
   * The data of a run.
   *
   * @param ofPolicy by role, as the policy names them
   * @param given by role, as the command line names them
   * @param narration is told what was used in place of what
   * @throws InvalidInputException with every role that is not known and every file that is missing
   */
  static Map<String, URI> of(
      Map<String, String> ofPolicy, Map<String, String> given, Narration narration) {
    Map<String, URI> data = new TreeMap<>();
    ofPolicy.forEach((role, uri) -> data.put(role, DataUri.of(uri)));
    new TreeMap<>(given)
        .forEach(
            (role, text) -> {
              URI uri = DataUri.of(text);
              URI replaced = data.put(role, uri);
              if (replaced != null && !replaced.equals(uri)) {
                narration.say(
                    "data for %s: %s of the command line, in place of the policy's %s"
                        .formatted(role, uri, replaced));
              }
            });
    require(data);
    return data;
  }

  private static void require(Map<String, URI> data) {
    List<String> problems = new ArrayList<>();
    data.forEach(
        (role, uri) -> {
          if (!ROLES.contains(role)) {
            problems.add(
                "data role '%s' is not known; the roles are %s"
                    .formatted(role, String.join(", ", ROLES)));
          } else {
            missing(role, uri, problems);
          }
        });
    if (!problems.isEmpty()) {
      throw new InvalidInputException(problems);
    }
  }

  /** Other schemes than file, and URIs of no path, are for whoever opens them to refuse. */
  private static void missing(String role, URI uri, List<String> problems) {
    if (!"file".equalsIgnoreCase(uri.getScheme()) || uri.getPath() == null) {
      return;
    }
    try {
      Path path = Path.of(new URI("file", null, uri.getPath(), null));
      if (!Files.exists(path)) {
        problems.add(
            "data for %s: there is no %s; wanted a file or directory with data"
                .formatted(role, path));
      }
    } catch (URISyntaxException | IllegalArgumentException broken) {
      problems.add("data for %s: '%s' names no path: %s".formatted(role, uri, broken.getMessage()));
    }
  }
}
