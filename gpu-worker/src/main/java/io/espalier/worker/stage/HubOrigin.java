package io.espalier.worker.stage;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Name of a model on Hugging Face's hub, if it lies as its libraries download it: {@code
 * models--ORG--NAME/snapshots/COMMIT}.
 *
 * @param id name with organisation
 * @param commit that was downloaded
 */
record HubOrigin(String id, String commit) {
  private static final Pattern PLACE =
      Pattern.compile("(?:.*/)?models--([\\w.-]+)/snapshots/([0-9a-f]{40})");

  static Optional<HubOrigin> of(Path model) {
    try {
      Matcher place = PLACE.matcher(model.toRealPath().toString());
      return place.matches()
          ? Optional.of(new HubOrigin(place.group(1).replaceFirst("--", "/"), place.group(2)))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // whoever reads the model says so
    }
  }
}
