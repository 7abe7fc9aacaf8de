package io.espalier.worker.kafka.work;

import io.espalier.event.StageCommand;
import io.espalier.worker.checkpoint.store.Draft;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.job.Folders;
import io.espalier.worker.stage.job.WarmChild;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A command that can be carried out at once: its input is on this machine and verified, a stored
 * result has been looked for, and if there is none, a process waits for the job. Closing clears its
 * folder away and ends the process.
 */
public final class PreparedStage implements AutoCloseable {
  /**
   * A result.
   *
   * @param output what is to be published; empty if the stage changed nothing
   */
  record Done(Optional<Draft> output, StageResult result) {}

  /**
   * Inputs of the stage.
   *
   * @param key what the result is stored under
   */
  record Subject(StageJob job, StageInputs.Found inputs, String key) {
    /** Root digest of the model. */
    String inputDigest() {
      return inputs.model().manifest().rootDigest();
    }
  }

  private final StageCommand command;
  private final Path folder;
  private final Subject subject;
  private final Optional<Done> stored;
  private final Optional<WarmChild> child;

  PreparedStage(
      StageCommand command,
      Path folder,
      Subject subject,
      Optional<Done> stored,
      Optional<WarmChild> child) {
    this.command = command;
    this.folder = folder;
    this.subject = subject;
    this.stored = stored;
    this.child = child;
  }

  StageCommand command() {
    return command;
  }

  /** Folder of this attempt alone. */
  Path folder() {
    return folder;
  }

  /** Returns what goes in. */
  Subject subject() {
    return subject;
  }

  /** The stored result, if there was one. */
  Optional<Done> stored() {
    return stored;
  }

  /** A process that waits for the job, if one is needed. */
  Optional<WarmChild> child() {
    return child;
  }

  @Override
  public void close() {
    child.ifPresent(WarmChild::close);
    Folders.delete(folder);
  }
}
