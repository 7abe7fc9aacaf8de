package io.espalier.standalone.command;

import io.espalier.standalone.local.CurrentStack;
import io.espalier.standalone.local.UserDirectories;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The directory of {@code up}. */
final class StackOption {
  private static final String OPTION = "--dir";

  @Option(
      names = OPTION,
      paramLabel = "DIR",
      description =
          "Directory of `up`: data, logs and artifacts; goes on with what an earlier one left."
              + " Default: espalier/up in XDG_DATA_HOME or ~/.local/share.")
  private @Nullable Path directory;

  /**
   * The directory to start in, created if need be.
   *
   * @throws InvalidInputException if it cannot be had
   */
  Path toStart() {
    Path chosen = directory == null ? usual() : directory.toAbsolutePath().normalize();
    try {
      return Files.createDirectories(chosen);
    } catch (IOException failed) {
      throw new InvalidInputException(
          "%s cannot be used as a directory: %s; name another by %s"
              .formatted(chosen, failed, OPTION));
    }
  }

  /** The directory where something runs, or would: without the option that of the last start. */
  Path toLookAt() {
    return directory == null
        ? CurrentStack.of(UserDirectories.current()).directory().orElseGet(StackOption::usual)
        : directory.toAbsolutePath().normalize();
  }

  private static Path usual() {
    return UserDirectories.current().data(OPTION).resolve("up");
  }
}
