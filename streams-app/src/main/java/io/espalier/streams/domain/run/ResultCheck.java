package io.espalier.streams.domain.run;

import io.espalier.streams.domain.RefusedException;
import io.espalier.streams.domain.model.Artifact;
import io.espalier.streams.domain.run.RunEvent.Reported;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * Check that a result is one of the given command: it carries the command's token and lies where
 * the command says. Whoever may write reports could otherwise publish anything for any run.
 *
 * @param jobs says where results lie
 * @param run the run that awaits the result
 */
record ResultCheck(JobWriter jobs, Run run) {
  /**
   * Lets a result pass.
   *
   * @throws RefusedException if it is none of this command
   */
  void require(Reported reported, Artifact output) {
    List<String> problems = new ArrayList<>();
    if (!run.attempts().token().equals(reported.from().token())) {
      problems.add("it must carry the token of its command");
    }
    if (!isPublished(output.uri()) && !isInput(output)) {
      problems.add(
          "its output must lie under %s/attempt-, found %s"
              .formatted(jobs.outputUri(run), output.uri()));
    }
    if (!problems.isEmpty()) {
      throw new RefusedException(
          "result of run '%s', %s, from worker '%s'"
              .formatted(run.id(), reported.attempt(), reported.from().workerId()),
          problems);
    }
  }

  /** A stage that changes nothing hands its input on. */
  private boolean isInput(Artifact output) {
    return run.input().isOf(output);
  }

  private boolean isPublished(String uri) {
    Optional<URI> found = parsed(uri);
    Optional<URI> base = parsed(jobs.outputUri(run) + "/attempt-");
    return found.isPresent()
        && base.isPresent()
        && found.get().getPath().startsWith(base.get().getPath())
        && Objects.equals(authority(found.get()), authority(base.get()))
        && base.get().getScheme().equalsIgnoreCase(found.get().getScheme());
  }

  private static Optional<String> authority(URI uri) {
    return Optional.ofNullable(uri.getAuthority()).filter(name -> !name.isEmpty());
  }

  private static Optional<URI> parsed(String uri) {
    try {
      URI parsed = new URI(uri);
      return Optional.of(parsed.normalize()).filter(u -> u.getPath() != null && u.isAbsolute());
    } catch (URISyntaxException e) {
      return Optional.empty();
    }
  }
}
