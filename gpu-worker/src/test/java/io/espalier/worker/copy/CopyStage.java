package io.espalier.worker.copy;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.setting.Settings;
import io.espalier.schemas.stage.StageDeclaration;
import io.espalier.worker.domain.job.Metric;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.SpecReader;
import io.espalier.worker.stage.Stage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/** Copies the files of a model so many times, and says how many bytes its teacher has. */
public final class CopyStage implements Stage {
  /** Number of copies of each file. */
  static final Setting<Integer> COPIES =
      Setting.whole("copies", 1, 3).usually(1).means("Times that each file is copied");

  /** Keys of it in policies. */
  public static final StageDeclaration COPY =
      StageDeclaration.of(
              "copy", "Copies the model", SettingTable.of(COPIES), Set.of("bytes", "teacherBytes"))
          .needing(StageDeclaration.TEACHER);

  @Override
  public StageDeclaration declaration() {
    return COPY;
  }

  @Override
  public String version() {
    return "1";
  }

  @Override
  public long diskBytes(StageJob job, long inputBytes, Map<String, Long> referenceBytes) {
    return 3 * inputBytes + referenceBytes.values().stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public void check(StageJob job) {
    settings(job);
  }

  @Override
  public Set<String> metrics(StageJob job) {
    return Set.of("bytes", "teacherBytes");
  }

  @Override
  public StageReport run(StageJob job, Progress.Listener progress) {
    Settings settings = settings(job);
    double bytes = 0;
    for (int copy = 1; copy <= settings.get(COPIES); copy++) {
      bytes += copied(job.input(), job.output(), copy == 1 ? "" : copy + "-");
      progress.report(Progress.of("copying", copy, settings.get(COPIES)));
    }
    double teacher = bytes(job.references().get(StageDeclaration.TEACHER));
    return new StageReport(
        COPY.name(),
        version(),
        settings.recorded(),
        List.of(
            Metric.exact("bytes", "bytes", bytes(job.input()), bytes),
            Metric.exact("teacherBytes", "bytes", teacher, teacher)),
        List.of(),
        "cpu");
  }

  private static Settings settings(StageJob job) {
    SpecReader reader = SpecReader.of(COPY, job.spec());
    reader.requireSound();
    return reader.settings();
  }

  private static double copied(Path from, Path to, String prefix) {
    double bytes = 0;
    for (Path file : files(from)) {
      try {
        bytes += Files.size(Files.copy(file, to.resolve(prefix + file.getFileName())));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    return bytes;
  }

  private static double bytes(Path directory) {
    return files(directory).stream().mapToLong(file -> file.toFile().length()).sum();
  }

  private static List<Path> files(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
