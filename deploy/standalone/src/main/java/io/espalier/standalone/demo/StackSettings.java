package io.espalier.standalone.demo;

import io.espalier.standalone.local.Ports;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Settings of an installation on this machine.
 *
 * @param directory gets data, logs and artifacts
 * @param roots directories that the worker may read from, besides that one and what is allowed
 *     later
 * @param ports where broker and registry listen
 * @param patience how long it may take until everything works
 */
public record StackSettings(Path directory, List<Path> roots, Ports ports, Duration patience) {
  /** Settings; the directory becomes absolute, the list is copied. */
  public StackSettings {
    directory = directory.toAbsolutePath().normalize();
    roots = List.copyOf(roots);
  }
}
