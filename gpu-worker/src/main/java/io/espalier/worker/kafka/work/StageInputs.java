package io.espalier.worker.kafka.work;

import io.espalier.event.ArtifactReference;
import io.espalier.event.StageCommand;
import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.checkpoint.store.ArtifactStores;
import io.espalier.worker.checkpoint.store.ContentPin;
import io.espalier.worker.checkpoint.store.InputRoots;
import io.espalier.worker.checkpoint.store.VerifiedInputs;
import io.espalier.worker.domain.Quoted;
import io.espalier.worker.stage.Stop;
import java.net.URI;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/**
 * Brings the inputs of a command to this machine and makes sure of them: they lie where the worker
 * may read, the models have their digests, and nobody changes them while they are in use.
 */
final class StageInputs {
  /**
   * The inputs of one command.
   *
   * @param model the model
   * @param references further models, by role
   * @param data the files of each role whose data lie in the file system
   */
  record Found(
      VerifiedInputs.Verified model,
      Map<String, VerifiedInputs.Verified> references,
      Map<String, FileListing> data) {
    /** Listing digests of the further models, by role. */
    Map<String, String> referenceDigests() {
      Map<String, String> digests = new TreeMap<>();
      references.forEach((role, found) -> digests.put(role, found.manifest().listingDigest()));
      return digests;
    }

    /** Directories of the further models, by role. */
    Map<String, Path> referenceDirectories() {
      Map<String, Path> directories = new TreeMap<>();
      references.forEach((role, found) -> directories.put(role, found.directory()));
      return directories;
    }
  }

  private final InputRoots roots;
  private final FileListing.Limits limits;
  private final VerifiedInputs verified;

  /**
   * Inputs from the allowed places.
   *
   * @param memory folder in which digests of inputs are remembered
   */
  StageInputs(InputRules rules, Path memory) {
    this.roots = rules.roots();
    this.limits = rules.limits();
    this.verified = new VerifiedInputs(memory, limits, roots);
  }

  /**
   * Finds and verifies the inputs.
   *
   * @param scratch folder for copies
   * @throws io.espalier.worker.domain.InvalidInputException if one is not what it should be, or
   *     lies where it must not
   * @throws io.espalier.worker.domain.ResourceException if one cannot be read on this machine
   */
  Found find(StageCommand command, Path scratch, Stop stop) {
    requireAllowed("input", command.getInput());
    command.getReferences().forEach((role, model) -> requireAllowed(place(role), model));
    Map<String, Path> allowed = new TreeMap<>();
    command.getData().forEach((role, uri) -> allow(role, URI.create(uri), allowed));
    VerifiedInputs.Verified input = model("input", command.getInput(), scratch, stop);
    Map<String, VerifiedInputs.Verified> references = new TreeMap<>();
    command
        .getReferences()
        .forEach(
            (role, model) -> {
              Path folder = scratch.resolveSibling("reference-" + references.size());
              references.put(role, model(place(role), model, folder, stop));
            });
    Map<String, FileListing> data = new TreeMap<>();
    allowed.forEach((role, path) -> data.put(role, list(path, stop)));
    return new Found(input, references, data);
  }

  private VerifiedInputs.Verified model(
      String place, ArtifactReference model, Path scratch, Stop stop) {
    URI uri = URI.create(model.getUri());
    Path directory =
        InputRoots.concern(uri)
            ? roots.require(place + ".uri", uri)
            : ArtifactStores.of(uri).fetch(uri, scratch, stop);
    return verified.verify(
        directory, ContentPin.of(model.getRootDigest(), model.getListingDigest()), stop);
  }

  /** Nothing is read before all places are known to be allowed. */
  private void requireAllowed(String place, ArtifactReference model) {
    URI uri = URI.create(model.getUri());
    if (InputRoots.concern(uri)) {
      roots.require(place + ".uri", uri);
    }
  }

  private static String place(String role) {
    return "references." + Quoted.of(role);
  }

  /** Makes sure of a directory that was published before. */
  VerifiedInputs.Verified verify(Path directory, ContentPin wanted, Stop stop) {
    return verified.verify(directory, wanted, stop);
  }

  /**
   * Goes on only if no input has changed since it was found.
   *
   * @throws io.espalier.worker.domain.ResourceException if one has
   */
  void requireUnchanged(Found found, Stop stop) {
    verified.requireUnchanged(found.model(), stop);
    found.references().values().forEach(model -> verified.requireUnchanged(model, stop));
    found.data().values().forEach(listing -> listing.requireSame(list(listing.root(), stop)));
  }

  private void allow(String role, URI uri, Map<String, Path> allowed) {
    if (InputRoots.concern(uri)) {
      allowed.put(role, roots.require("data." + role, uri));
    }
  }

  private FileListing list(Path path, Stop stop) {
    return FileListing.of(path, limits, roots, stop);
  }
}
