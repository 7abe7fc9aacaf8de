package io.espalier.standalone.local;

import io.espalier.standalone.local.JavaProcess.Launch;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;

/**
 * A real schema registry in its own JVM: Apicurio Registry through its Confluent-compatible API, on
 * the loopback interface. Its address and its schemas stay the same over stop, kill and restart.
 */
public final class LocalRegistry extends LocalService {
  private static final Duration START_LIMIT = Duration.ofMinutes(2);
  private static final int HEAP_MEGABYTES = 384;
  private static final int PROBE_MILLIS = 2_000;
  private static final String RUNNER_MAIN = "io.quarkus.runner.GeneratedMain";

  private final int port;

  private LocalRegistry(Launch launch, int port) {
    super(launch);
    this.port = port;
  }

  /**
   * Starts a registry and waits until it answers. Goes on with the schemas of an earlier one in the
   * same directory.
   *
   * @param directory for its data base and its log {@code registry.log}
   */
  public static LocalRegistry start(Path directory) {
    LocalRegistry registry = begin(directory, Ports.free(1)[0]);
    registry.awaitReady();
    return registry;
  }

  /** Starts a registry on a port and waits for nothing. */
  public static LocalRegistry begin(Path directory, int port) {
    Path home = directory.toAbsolutePath();
    Launch launch =
        new Launch(
            "schema registry",
            HEAP_MEGABYTES,
            options(home, port),
            // Its own class path alone: its libraries are of other versions than ours.
            Distribution.current().registryJar() + File.pathSeparator + lifeline(home),
            RUNNER_MAIN,
            List.of(),
            home.resolve("registry.log"));
    return new LocalRegistry(launch, port);
  }

  /** Base address of its Confluent-compatible API, for {@code schema.registry.url}. */
  public String url() {
    return "http://127.0.0.1:" + port + "/apis/ccompat/v7";
  }

  private static List<String> options(Path home, int port) {
    // WRITE_DELAY=0: what has been answered is on disk, so that a kill loses nothing.
    String database = "jdbc:h2:file:%s;WRITE_DELAY=0".formatted(home.resolve("registry"));
    return List.of(
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Dquarkus.http.host=127.0.0.1",
        "-Dquarkus.http.port=" + port,
        "-Dquarkus.datasource.jdbc.url=" + database,
        "-Dquarkus.datasource.jdbc.initial-size=2",
        "-Dquarkus.datasource.jdbc.min-size=2",
        "-Dquarkus.datasource.jdbc.max-size=10");
  }

  /** A directory with nothing but {@link Lifeline}, for a class path without ours. */
  private static Path lifeline(Path home) {
    String name = Lifeline.class.getName().replace('.', '/') + ".class";
    Path root = home.resolve("lifeline");
    try (InputStream code = Lifeline.class.getClassLoader().getResourceAsStream(name)) {
      if (code == null) {
        throw new IllegalStateException("class file %s is not on the class path".formatted(name));
      }
      Files.createDirectories(root.resolve(name).getParent());
      Files.copy(code, root.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      return root;
    } catch (IOException failed) {
      throw new UncheckedIOException("could not write under " + root, failed);
    }
  }

  @Override
  public String address() {
    return url();
  }

  @Override
  String inWords() {
    return "the schema registry at %s (log: %s)".formatted(url(), log());
  }

  @Override
  Duration startLimit() {
    return START_LIMIT;
  }

  @Override
  public boolean works() {
    try {
      var connection = (HttpURLConnection) URI.create(url() + "/subjects").toURL().openConnection();
      connection.setConnectTimeout(PROBE_MILLIS);
      connection.setReadTimeout(PROBE_MILLIS);
      try {
        return connection.getResponseCode() == HttpURLConnection.HTTP_OK;
      } finally {
        connection.disconnect();
      }
    } catch (IOException notYet) {
      return false;
    }
  }
}
