package io.espalier.standalone.model;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * The policy that options amounted to, as a file beside the result, so that it can be applied. It
 * is not among the files of the result, whose digest must not depend on how it was asked for.
 */
final class PolicyCopy {
  private static final String EXTENSION = ".policy.yaml";
  private static final String MARK = "# Written by espalier optimize, from its options.\n";

  private PolicyCopy() {}

  /** Returns where the policy of a result goes: a file of the same name with an extension. */
  static Path place(Path out) {
    return out.resolveSibling(out.getFileName() + EXTENSION);
  }

  /**
   * Refuses to replace a file of somebody else.
   *
   * @throws InvalidInputException if there is one
   */
  static void requireOwn(Path file) {
    try {
      byte[] mark = MARK.getBytes(StandardCharsets.UTF_8);
      if (Files.exists(file)
          && (!Files.isRegularFile(file)
              || !Arrays.equals(mark, Arrays.copyOf(Files.readAllBytes(file), mark.length)))) {
        throw new InvalidInputException(
            "the policy goes to %s, but there is another file; choose another --out"
                .formatted(file));
      }
    } catch (IOException failed) {
      throw OutputDirectory.refused(file, failed);
    }
  }

  /** Returns whether a result was made by a policy that says the same. */
  static boolean isOf(Path out, Optional<String> text) {
    Path file = place(out);
    try {
      return text.isPresent()
          && Files.isRegularFile(file)
          && Files.readString(file).equals(MARK + text.get());
    } catch (IOException failed) {
      return false; // what cannot be read was not written here
    }
  }

  /** Writes the policy of a result, if it was made of options. */
  static Optional<Path> write(Path out, Optional<String> text) throws IOException {
    if (text.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(Files.writeString(place(out), MARK + text.get()));
  }
}
