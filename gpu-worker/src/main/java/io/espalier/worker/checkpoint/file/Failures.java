package io.espalier.worker.checkpoint.file;

import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.file.Path;

/** Failures of the file system, in the worker's words. Another attempt may go better. */
public final class Failures {
  private Failures() {}

  public static WorkerException reading(Path path, IOException cause) {
    return of("%s cannot be read", path, cause);
  }

  public static WorkerException writing(Path path, IOException cause) {
    return of("%s cannot be written", path, cause);
  }

  private static WorkerException of(String what, Path path, IOException cause) {
    return new ResourceException(what.formatted(path) + ": " + cause, cause);
  }
}
