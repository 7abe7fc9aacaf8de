package io.espalier.worker.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.report.facts.PruningReport;
import io.espalier.worker.report.facts.ResultIdentity;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/** Writes what is told of a pruning. */
public final class Reports {
  /** The page. */
  public static final String HTML = "report.html";

  /** The same facts for programs; its keys are described at {@link PruningJson}. */
  public static final String JSON = "report.json";

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Reports() {}

  /**
   * Writes {@value #HTML} and {@value #JSON}, each of which appears whole or not at all and
   * replaces an earlier one.
   *
   * @param directory where to; made if it is not there
   * @throws WorkerException if they cannot be written; worth another attempt
   */
  public static void write(Path directory, PruningReport report) {
    try {
      Files.createDirectories(directory);
      write(directory.resolve(JSON), PruningJson.text(report));
      write(directory.resolve(HTML), ReportHtml.page(report));
    } catch (IOException e) {
      throw new WorkerException(
          "cannot write the report to %s: %s".formatted(directory, e), true, e);
    }
  }

  /**
   * Tells in the reports of a directory which run made it, in place of what they told of that.
   *
   * @param directory of the result; nothing happens if it has no report
   * @throws WorkerException if they cannot be read or written; worth another attempt
   */
  public static void identify(Path directory, ResultIdentity identity) {
    Path json = directory.resolve(JSON);
    Path html = directory.resolve(HTML);
    try {
      if (!Files.isRegularFile(json)
          || !(MAPPER.readTree(Files.readAllBytes(json)) instanceof ObjectNode report)) {
        return;
      }
      report.set(ResultIdentityJson.KEY, ResultIdentityJson.of(identity));
      write(json, report.toPrettyString() + "\n");
      if (Files.isRegularFile(html)) {
        write(html, PageMasthead.replaced(Files.readString(html), report, identity));
      }
    } catch (IOException e) {
      throw new WorkerException(
          "cannot write to the report in %s: %s".formatted(directory, e), true, e);
    }
  }

  public static void write(Path file, String content) throws IOException {
    Path partial = file.resolveSibling("." + file.getFileName() + ".partial");
    try {
      try (FileChannel channel =
          FileChannel.open(
              partial,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        ByteBuffer bytes = ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
          channel.write(bytes);
        }
        channel.force(true);
      }
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(partial);
    }
  }
}
