package io.espalier.worker.stage.job;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.worker.checkpoint.ModelDirectory;
import io.espalier.worker.checkpoint.surgery.WrittenDigests;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageReport;
import io.espalier.worker.stage.Stage;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The child's side of a stage in its own JVM: waits on standard input for the file: URI of the job
 * file (one line), checks the job, does it, tells progress on standard output, leaves a result
 * file.
 */
public final class StageChild {
  /** Exit code after the supervisor is gone. */
  static final int ORPHANED = 143;

  /** The line on standard output which says that the job has arrived. */
  static final String BEGUN = "{\"begun\":true}";

  /** Start of a child. */
  enum Start {
    /** Its job comes at once; the tensor engine is loaded when it is needed. */
    COLD,
    /** Its job comes later; the tensor engine is loaded before. */
    WARM
  }

  private static final int LONGEST_PATH = 1 << 16;
  private static final int SUCCEEDED = 0;
  private static final int FAILED = 1;

  private StageChild() {}

  /**
   * Waits for a job, does it with one of the given stages, then ends this JVM; never returns.
   *
   * <p>Standard output belongs to the protocol from here on: whatever else is printed goes to
   * standard error. Ends by halting, so that nothing native is torn down after the result is
   * written, and at once when standard input ends.
   *
   * @param arguments how the child is started, one word
   * @param warmUp loads what takes long to load; runs on this thread, since the engine's first
   *     thread differs from the others
   */
  public static void serve(String[] arguments, Stages stages, Runnable warmUp) {
    var protocol = new PrintStream(new FileOutputStream(FileDescriptor.out), true, UTF_8);
    System.setOut(System.err);
    if (Start.valueOf(arguments[0]) == Start.WARM) {
      warmUp.run();
    }
    Path jobFile = awaitJob(System.in);
    endWithParent(System.in);
    protocol.println(BEGUN);
    int exit = run(jobFile, stages, new ProgressWriter(protocol, System::nanoTime));
    protocol.flush();
    System.err.flush();
    Runtime.getRuntime().halt(exit);
  }

  private static Path awaitJob(InputStream in) {
    var line = new ByteArrayOutputStream();
    try {
      for (int next = in.read(); next >= 0 && line.size() < LONGEST_PATH; next = in.read()) {
        if (next == '\n') {
          return Path.of(URI.create(line.toString(UTF_8)));
        }
        line.write(next);
      }
    } catch (IOException e) {
      log().warn("supervisor lost", e);
    }
    Runtime.getRuntime().halt(ORPHANED);
    throw new IllegalStateException("halted");
  }

  private static int run(Path jobFile, Stages stages, Progress.Listener progress) {
    Path result = ResultFile.of(jobFile);
    try {
      StageJob job = JobFile.read(jobFile);
      JobFile.inputDigests(jobFile)
          .ifPresent(digests -> ModelDirectory.verified(job.input(), digests));
      Stage stage = stages.of(job.kind());
      stage.requireReferences(job);
      stage.check(job);
      StageReport report = stage.run(job, progress);
      WrittenDigests.save(job.output());
      ResultFile.write(result, report, peakMemoryBytes());
      return SUCCEEDED;
    } catch (WorkerException e) {
      log().debug("stage failed", e);
      ResultFile.write(result, e);
      return FAILED;
    } catch (RuntimeException | LinkageError e) {
      log().error("stage failed", e);
      ResultFile.write(result, unexpected(e));
      return FAILED;
    }
  }

  private static WorkerException unexpected(Throwable failure) {
    if (failure instanceof UncheckedIOException) {
      return new ResourceException(
          "reading or writing failed: %s. Check disk space and that the paths are readable."
              .formatted(described(failure)),
          failure);
    }
    return new WorkerException(
        "the stage failed unexpectedly: " + described(failure), true, failure);
  }

  private static String described(Throwable failure) {
    var text = new StringBuilder(failure.toString());
    for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
      text.append("; caused by ").append(cause);
    }
    StackTraceElement[] trace = failure.getStackTrace();
    return trace.length == 0 ? text.toString() : text.append(" at ").append(trace[0]).toString();
  }

  /** The supervisor holds the other end of standard input; when it dies, however, that ends. */
  private static void endWithParent(InputStream in) {
    var watch =
        new Thread(
            () -> {
              try {
                in.transferTo(PrintStream.nullOutputStream());
              } catch (IOException e) {
                log().warn("supervisor lost", e);
              }
              ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly);
              ProcessGroup.killOwn();
              Runtime.getRuntime().halt(ORPHANED);
            },
            "parent-watch");
    watch.setDaemon(true);
    watch.start();
  }

  /** High-water mark of resident memory, which Linux keeps for every process. */
  private static OptionalLong peakMemoryBytes() {
    Path status = Path.of("/proc/self/status");
    if (!Files.isReadable(status)) {
      return OptionalLong.empty();
    }
    try (var lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .findFirst();
    } catch (IOException e) {
      return OptionalLong.empty();
    }
  }

  private static Logger
      log() { // not a constant: logging may only start once standard output is kept
    return LoggerFactory.getLogger(StageChild.class);
  }

  /** Writes progress, at most ten lines a second within one phase. */
  static final class ProgressWriter implements Progress.Listener {
    private static final long INTERVAL_NANOS = 100_000_000;

    private final PrintStream out;
    private final LongSupplier nanos;
    private String phase = "";
    private long written;

    ProgressWriter(PrintStream out, LongSupplier nanos) {
      this.out = out;
      this.nanos = nanos;
    }

    @Override
    public synchronized void report(Progress progress) {
      long now = nanos.getAsLong();
      boolean turning = !progress.phase().equals(phase) || progress.done() == progress.total();
      if (turning || now - written >= INTERVAL_NANOS) {
        phase = progress.phase();
        written = now;
        out.println(ProgressLine.of(progress));
      }
    }
  }
}
