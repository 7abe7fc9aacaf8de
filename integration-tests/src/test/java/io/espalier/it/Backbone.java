package io.espalier.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The broker and the schema registry that all tests share; each test works under a topic prefix of
 * its own. Both end with this JVM.
 */
final class Backbone {
  private static final Backbone SHARED = new Backbone(temporary("espalier-it"));

  private final Path directory;
  private final Servers servers = Servers.chosen();
  private final Broker broker;
  private final String registryUrl;

  private Backbone(Path directory) {
    this.directory = directory;
    broker = servers.startBroker(directory.resolve("broker"));
    registryUrl = servers.startRegistry(directory.resolve("registry"));
  }

  static Backbone shared() {
    return SHARED;
  }

  /** Returns how both run. */
  Servers servers() {
    return servers;
  }

  Broker broker() {
    return broker;
  }

  String registryUrl() {
    return registryUrl;
  }

  /** A folder for the files of one test class. */
  Path folder(String name) {
    return directory.resolve(name);
  }

  private static Path temporary(String prefix) {
    try {
      return Files.createTempDirectory(prefix);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
