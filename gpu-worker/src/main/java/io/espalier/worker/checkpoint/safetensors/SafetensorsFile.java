package io.espalier.worker.checkpoint.safetensors;

import io.espalier.worker.checkpoint.file.Failures;
import io.espalier.worker.checkpoint.safetensors.SafetensorsHeader.Place;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.WorkerException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/**
 * One safetensors file, its head read and found sound; data are mapped or read tensor by tensor.
 *
 * <p>It holds nothing open. Format: <a href="https://github.com/huggingface/safetensors">the
 * library</a>, read as strictly as it does, and more strictly where it would drop something
 * silently (unknown keys of a tensor).
 */
public final class SafetensorsFile {
  private final Path path;
  private final SafetensorsHeader header;
  private final Map<String, TensorHeader> tensors;
  private final long bytes;

  private SafetensorsFile(Path path, SafetensorsHeader header) {
    this.path = path;
    this.header = header;
    this.bytes = header.fileBytes();
    var byName = new TreeMap<String, TensorHeader>();
    header.tensors().forEach((name, place) -> byName.put(name, place.header()));
    this.tensors = Collections.unmodifiableMap(byName);
  }

  /**
   * Reads the head of a file.
   *
   * @throws InvalidInputException if the format forbids any of it; names every problem
   * @throws WorkerException if it cannot be read
   */
  public static SafetensorsFile open(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new InvalidInputException(
          "%s: wanted a safetensors file, found %s"
              .formatted(file, Files.exists(file) ? "something else" : "nothing"));
    }
    try (FileChannel channel = FileChannel.open(file)) {
      return new SafetensorsFile(file, HeaderParser.parse(file, channel));
    } catch (IOException e) {
      throw Failures.reading(file, e);
    }
  }

  /** Returns where it lies. */
  public Path path() {
    return path;
  }

  /** Its tensors by name, in name order. */
  public Map<String, TensorHeader> tensors() {
    return tensors;
  }

  /** Its free text by key; empty if it has none. */
  public Map<String, String> metadata() {
    return header.metadata();
  }

  /** Its size. */
  public long bytes() {
    return header.fileBytes();
  }

  /**
   * The numbers of a tensor, memory-mapped.
   *
   * @throws IllegalArgumentException if there is no tensor of that name
   * @throws InvalidInputException if it is 2 GiB or larger: a buffer cannot hold it
   */
  public TensorData read(String name) {
    Place place = place(name);
    TensorHeader tensor = place.header();
    if (tensor.bytes() > Integer.MAX_VALUE) {
      throw new InvalidInputException(
          "%s: tensor '%s' has %d bytes, but one that is mapped may have at most %d"
              .formatted(path, name, tensor.bytes(), Integer.MAX_VALUE));
    }
    try (FileChannel channel = FileChannel.open(path)) {
      long start = header.dataStart() + place.offset();
      requireUnchanged(channel.size());
      return new TensorData(
          tensor.dtype(),
          tensor.shape(),
          channel.map(FileChannel.MapMode.READ_ONLY, start, tensor.bytes()));
    } catch (IOException e) {
      throw Failures.reading(path, e);
    }
  }

  /**
   * Reads a tensor stretch by stretch, for the caller to close; it may be of any size.
   *
   * @throws IllegalArgumentException if there is no tensor of that name
   */
  public TensorReader reader(String name) {
    return TensorReader.open(this, place(name));
  }

  /** Returns where a tensor lies in the file. */
  public Place place(String name) {
    Place place = header.tensors().get(name);
    if (place == null) {
      throw new IllegalArgumentException("%s has no tensor '%s'".formatted(path, name));
    }
    return place;
  }

  public SafetensorsHeader header() {
    return header;
  }

  /** Mapping past the end of a file that shrank would kill the process at the first access. */
  public void requireUnchanged(long size) {
    if (size != bytes) {
      throw new InvalidInputException(
          "%s: had %d bytes when it was opened and has %d now; nobody may write a model in use"
              .formatted(path, bytes, size));
    }
  }
}
