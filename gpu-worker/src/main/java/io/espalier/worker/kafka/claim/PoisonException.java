package io.espalier.worker.kafka.claim;

import io.espalier.event.StageCommand;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A record is not a command that anybody could carry out. */
public final class PoisonException extends RuntimeException {
  private final transient @Nullable StageCommand command;

  /** A record that cannot be decoded. */
  public PoisonException(String message, @Nullable Throwable cause) {
    super(message, cause);
    command = null;
  }

  /** A command whose content makes no sense. */
  public PoisonException(StageCommand command, List<String> problems) {
    super("invalid stage command: " + String.join("; ", problems));
    this.command = command;
  }

  /** The command, if the record could be decoded as one: then somebody awaits an answer to it. */
  public Optional<StageCommand> command() {
    return Optional.ofNullable(command);
  }
}
