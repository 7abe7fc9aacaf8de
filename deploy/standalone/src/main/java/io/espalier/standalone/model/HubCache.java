package io.espalier.standalone.model;

import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.Quoted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Models that Hugging Face's libraries have downloaded to this machine. Nothing here asks the
 * network.
 *
 * <p>{@code models--ORG--NAME} has {@code snapshots/COMMIT} with the files of each commit, and
 * {@code refs} with one file for each branch or tag, which holds the commit that it led to.
 *
 * @param folder that holds one folder for each model
 */
public record HubCache(Path folder) {
  private static final String MAIN = "main";
  private static final String SNAPSHOTS = "snapshots";

  /** Pattern long enough to name a commit: as git has it. */
  private static final String SHORT_COMMIT = "[0-9a-f]{4,40}";

  private static final int SHORT = 7;
  private static final int MOST_NAMED = 10;

  /** The cache that variables of an environment lead to. */
  public static HubCache of(Map<String, String> environment) {
    return new HubCache(new CachePlace(environment).folder());
  }

  /**
   * The directory of a model as people name it: a path, or what the hub calls it. What is there by
   * that path wins; of a model's folder in such a cache it is the snapshot of its main branch.
   *
   * @throws InvalidInputException if it is neither a path that could be one, nor in the cache
   */
  public Path directory(String model) {
    Optional<HubName> name = HubName.parse(model);
    Optional<HubName> stored = HubName.ofFolder(path(model));
    if (stored.isPresent() && Files.isDirectory(path(model).resolve(SNAPSHOTS))) {
      return snapshot(path(model), stored.get());
    }
    if (name.isEmpty() || Files.exists(path(model))) {
      return path(model);
    }
    Path repository = folder.resolve(name.get().folder());
    if (!Files.isDirectory(repository)) {
      throw new InvalidInputException(
          "%s: wanted a model directory, or the name of a model that Hugging Face's libraries have downloaded; found no such directory, and no %s in %s (HF_HUB_CACHE or HF_HOME say where to look). Nothing is downloaded by itself; run `%s`"
              .formatted(
                  Quoted.of(model), name.get().folder(), folder, Quoted.of(name.get().download())));
    }
    return snapshot(repository, name.get());
  }

  private static Path path(String model) {
    try {
      return Path.of(model);
    } catch (InvalidPathException e) {
      throw new InvalidInputException(
          "%s: wanted a model directory, found no path: %s"
              .formatted(Quoted.of(model), e.getReason()));
    }
  }

  private static Path snapshot(Path repository, HubName name) {
    Map<String, String> references = references(repository);
    List<String> commits = names(repository.resolve(SNAPSHOTS));
    String wanted = name.revision().orElse(MAIN);
    String commit = references.getOrDefault(wanted, wanted);
    List<String> meant =
        commit.matches(SHORT_COMMIT)
            ? commits.stream().filter(known -> known.startsWith(commit)).toList()
            : List.of();
    if (meant.size() != 1) {
      throw new InvalidInputException(
          "%s: wanted %s, found %s in %s; there is %s. Ask for one of these, such as %s@COMMIT, or run `%s`"
              .formatted(
                  Quoted.of(name.toString()),
                  meant.isEmpty() ? "revision '%s'".formatted(Quoted.of(wanted)) : "one commit",
                  meant.isEmpty() ? "none" : "%d that begin so".formatted(meant.size()),
                  repository,
                  known(references, commits),
                  name.id(),
                  Quoted.of(name.download())));
    }
    return repository.resolve(SNAPSHOTS).resolve(meant.get(0));
  }

  private static String known(Map<String, String> references, List<String> commits) {
    String all =
        commits.stream()
            .limit(MOST_NAMED)
            .map(commit -> known(references, commit))
            .collect(Collectors.joining(", "));
    return commits.isEmpty()
        ? "no revision"
        : commits.size() > MOST_NAMED
            ? "%s and %d more".formatted(all, commits.size() - MOST_NAMED)
            : all;
  }

  private static String known(Map<String, String> references, String commit) {
    String led =
        references.entrySet().stream()
            .filter(reference -> reference.getValue().equals(commit))
            .map(Map.Entry::getKey)
            .collect(Collectors.joining(", "));
    String shown = commit.substring(0, Math.min(SHORT, commit.length()));
    return led.isEmpty() ? shown : "%s (%s)".formatted(shown, led);
  }

  /** Commits by branch and tag; names may have slashes, as {@code refs/pr/1} does. */
  private static Map<String, String> references(Path repository) {
    Path folder = repository.resolve("refs");
    var references = new TreeMap<String, String>();
    if (!Files.isDirectory(folder)) {
      return references;
    }
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        references.put(folder.relativize(file).toString(), Files.readString(file).strip());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + folder, e);
    }
    return references;
  }

  private static List<String> names(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(Files::isDirectory)
          .map(entry -> entry.getFileName().toString())
          .sorted(Comparator.naturalOrder())
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + folder, e);
    }
  }
}
