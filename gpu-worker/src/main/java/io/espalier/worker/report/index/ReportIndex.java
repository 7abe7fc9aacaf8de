package io.espalier.worker.report.index;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.report.Reports;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/** The results below a directory, such as a store of artifacts, that have a report. */
public final class ReportIndex {
  /** Larger files were not written by {@link Reports}. */
  private static final long LARGEST = 64L << 20;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Path root;
  private final List<ReportEntry> entries = new ArrayList<>();
  private final List<Path> unreadable = new ArrayList<>();

  private ReportIndex(Path root) {
    this.root = root;
  }

  /**
   * Looks through a directory. Files and directories whose name begins with a dot are passed by:
   * they are work in progress. Links are not followed.
   *
   * @throws InvalidInputException if it is no directory
   * @throws ResourceException if it cannot be read
   */
  public static ReportIndex of(Path root) {
    if (!Files.isDirectory(root)) {
      throw new InvalidInputException(
          "wanted a directory with results to list, but %s is none; name the folder that artifacts are published to"
              .formatted(root));
    }
    var index = new ReportIndex(root);
    try {
      Files.walkFileTree(root.toRealPath(), index.new Visitor(root.toRealPath()));
    } catch (IOException e) {
      throw new ResourceException("cannot read %s: %s".formatted(root, e), e);
    }
    index.entries.sort(
        Comparator.comparing(ReportEntry::made)
            .reversed()
            .thenComparing(entry -> entry.directory().toString()));
    return index;
  }

  /** Results with a report, the newest first. */
  public List<ReportEntry> entries() {
    return List.copyOf(entries);
  }

  /** Reports that cannot be read. */
  public List<Path> unreadable() {
    return List.copyOf(unreadable);
  }

  /**
   * Writes the page that lists them, whose links are relative to where it lies.
   *
   * @param page replaced if it is there
   * @return where it lies
   * @throws InvalidInputException if it is a directory
   * @throws ResourceException if it cannot be written
   */
  public Path write(Path page) {
    Path absolute = page.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    if (parent == null || Files.isDirectory(absolute)) {
      throw new InvalidInputException(
          "wanted a file to write the page to, but %s is a directory; name a file in it"
              .formatted(page));
    }
    try {
      Path directory = Files.createDirectories(parent).toRealPath();
      Path real = directory.resolve(parent.relativize(absolute));
      Reports.write(real, IndexHtml.page(this, directory));
      return real;
    } catch (IOException e) {
      throw new ResourceException("cannot write the page %s: %s".formatted(page, e), e);
    }
  }

  /** The directory that was looked through. */
  Path root() {
    return root;
  }

  private final class Visitor extends SimpleFileVisitor<Path> {
    private final Path real;

    Visitor(Path real) {
      this.real = real;
    }

    @Override
    public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
      boolean isHidden = String.valueOf(directory.getFileName()).startsWith(".");
      return isHidden && !directory.equals(real)
          ? FileVisitResult.SKIP_SUBTREE
          : FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      if (Reports.JSON.equals(String.valueOf(file.getFileName())) && attributes.isRegularFile()) {
        read(file, attributes);
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) {
      unreadable.add(file);
      return FileVisitResult.CONTINUE;
    }
  }

  private void read(Path file, BasicFileAttributes attributes) {
    try {
      JsonNode report = attributes.size() > LARGEST ? null : MAPPER.readTree(file.toFile());
      if (report == null || !report.path("model").path("name").isTextual()) {
        unreadable.add(file);
        return;
      }
      entries.add(
          ReportEntry.of(
              Objects.requireNonNull(file.getParent()),
              report,
              attributes.lastModifiedTime().toInstant()));
    } catch (IOException e) {
      unreadable.add(file);
    }
  }
}
