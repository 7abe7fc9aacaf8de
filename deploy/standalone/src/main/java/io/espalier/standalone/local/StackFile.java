package io.espalier.standalone.local;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.DateTimeException;
import java.util.Optional;

/**
 * The file that says what runs in a directory. Is there from the start of the services to their end
 * in order; whoever was killed leaves it behind.
 */
public final class StackFile {
  private static final String NAME = "stack.json";
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path file;

  /** The file of a directory. */
  public StackFile(Path directory) {
    this.file = directory.resolve(NAME);
  }

  /** Returns what is written there; empty if there is no such file, or this user cannot read it. */
  public Optional<StackRecord> read() {
    try {
      JsonNode json = MAPPER.readTree(Files.readAllBytes(file));
      return Optional.of(StackRecord.of(json));
    } catch (IOException | DateTimeException none) {
      return Optional.empty();
    }
  }

  /** Returns what runs there; empty if its owner does not. */
  public Optional<StackRecord> running() {
    return read().filter(stack -> stack.owner().alive());
  }

  /** Replaces it; whoever reads at the same time sees the old or the new one. */
  public void write(StackRecord stack) {
    Path incoming = file.resolveSibling("." + NAME);
    try {
      Files.writeString(incoming, stack.json().toPrettyString() + "\n");
      Files.move(incoming, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failed) {
      throw new UncheckedIOException("could not write " + file, failed);
    }
  }

  /** Removes it. */
  public void remove() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException failed) {
      throw new UncheckedIOException("could not remove " + file, failed);
    }
  }
}
