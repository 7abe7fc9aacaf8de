package io.espalier.standalone.local;

import java.io.File;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Places of the pieces of an installation: beside the runnable jar, or under {@code target} of the
 * module when classes run from a build.
 */
public final class Distribution {
  /** System property that names the distribution's directory where it is not found by itself. */
  public static final String HOME = "espalier.home";

  private static final String REGISTRY = "apicurio";

  private final String classPath;
  private final List<Path> places;

  private Distribution(String classPath, List<Path> places) {
    this.classPath = classPath;
    this.places = places;
  }

  /** The distribution that this class was loaded from. */
  public static Distribution current() {
    Path loadedFrom = loadedFrom();
    Path directory = loadedFrom.toAbsolutePath().resolveSibling(".").normalize();
    List<Path> places =
        Stream.concat(
                Optional.ofNullable(System.getProperty(HOME)).map(Path::of).stream(),
                Stream.of(directory, directory.resolve("espalier")))
            .toList();
    return new Distribution(absolute(System.getProperty("java.class.path")), places);
  }

  /** The class path of this JVM, absolute, to start another one with. */
  public String classPath() {
    return classPath;
  }

  /**
   * The runnable jar of the schema registry.
   *
   * @throws IllegalStateException naming the places that were looked at, if it is not there
   */
  public Path registryJar() {
    return places.stream()
        .map(place -> place.resolve(REGISTRY))
        .filter(Files::isDirectory)
        .flatMap(Distribution::runners)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "no %s/*-runner.jar in any of %s; build deploy/standalone or set -D%s=DIRECTORY"
                        .formatted(REGISTRY, places, HOME)));
  }

  private static Stream<Path> runners(Path directory) {
    String[] names = directory.toFile().list((where, name) -> name.endsWith("-runner.jar"));
    return names == null ? Stream.of() : Stream.of(names).sorted().map(directory::resolve);
  }

  private static Path loadedFrom() {
    CodeSource source = Distribution.class.getProtectionDomain().getCodeSource();
    try {
      return Path.of(source.getLocation().toURI());
    } catch (URISyntaxException broken) {
      throw new IllegalStateException("loaded from " + source.getLocation(), broken);
    }
  }

  /** A child may be started in another directory, so relative entries would be lost. */
  private static String absolute(String classPath) {
    return Stream.of(classPath.split(File.pathSeparator, -1))
        .map(entry -> Path.of(entry).toAbsolutePath().toString())
        .collect(java.util.stream.Collectors.joining(File.pathSeparator));
  }
}
