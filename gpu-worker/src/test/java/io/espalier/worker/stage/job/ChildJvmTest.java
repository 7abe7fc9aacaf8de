package io.espalier.worker.stage.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;

import io.espalier.worker.checkpoint.ModelDigests;
import io.espalier.worker.domain.InfeasibleException;
import io.espalier.worker.domain.InvalidInputException;
import io.espalier.worker.domain.ResourceException;
import io.espalier.worker.domain.WorkerException;
import io.espalier.worker.domain.job.Progress;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.ParentProcess;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import io.espalier.worker.stage.TestStageProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

public final class ChildJvmTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  private final ChildJvm child =
      new ChildJvm(
          ChildSettings.of(64, 1)
              .withMainClass(TestStageProcess.class.getName())
              .withOptions(List.of("-XX:TieredStopAtLevel=1")));
  private final List<Progress> heard = new CopyOnWriteArrayList<>();
  private final Stop stop = new Stop();

  @BeforeEach
  void a_model() throws IOException {
    Files.createDirectories(folder.resolve("input"));
    Files.writeString(folder.resolve("input/config.json"), "model ");
  }

  @Test
  void a_success_brings_the_report_the_progress_and_the_cost() {
    StageJob job = job(folder, StageKind.PRUNE, "\"succeed\"");

    StageResult result = child.run(job, heard::add, stop);

    assertThat(result.report()).isEqualTo(TestStageProcess.report());
    assertThat(result.cached()).isFalse();
    assertThat(result.wallMillis()).isPositive();
    assertThat(result.peakMemoryBytes().orElseThrow()).isBetween(10L << 20, 2L << 30);
    assertThat(heard)
        .containsExactly(
            new Progress("search", 1, 2, Map.of("loss", Double.NaN)), Progress.of("search", 2, 2));
    assertThat(job.output().resolve("config.json")).hasContent("model pruned 7");
    assertThat(folder).isDirectoryNotContaining("glob:**.child");
  }

  @Test
  void a_warm_child_has_loaded_everything_before_its_job_comes() {
    try (WarmChild warm = child.warm(folder)) {
      await().atMost(PATIENCE).until(() -> warm.lastWords().contains("warm"));
      StageJob job = job(folder, StageKind.PRUNE, "\"succeed\"");

      StageResult result = child.run(job, with(warm), heard::add, stop);

      assertThat(result.report()).isEqualTo(TestStageProcess.report());
      assertThat(result.startMillis()).isLessThan(result.wallMillis());
      assertThat(job.output().resolve("config.json")).hasContent("model pruned 7");
      assertThat(warm.isWaiting()).isFalse();
    }
  }

  @Test
  void the_start_of_a_cold_child_is_counted() {
    StageResult result = child.run(job(folder, StageKind.PRUNE, "\"succeed\""), heard::add, stop);

    assertThat(result.startMillis()).isBetween(10L, result.wallMillis()); // a JVM takes longer
  }

  @Test
  void a_warm_child_that_is_not_needed_ends() {
    WarmChild warm = child.warm(folder);
    await().atMost(PATIENCE).until(() -> warm.lastWords().contains("warm"));

    warm.close();

    await().atMost(PATIENCE).until(() -> !warm.isWaiting());
    assertThat(folder.resolve("output")).doesNotExist();
  }

  @Test
  void a_warm_child_that_died_while_it_waited_is_replaced() {
    WarmChild dead = child.warm(folder);
    dead.close();
    await().atMost(PATIENCE).until(() -> !dead.isWaiting());

    StageJob job = job(folder, StageKind.PRUNE, "\"succeed\"");
    StageResult result = child.run(job, with(dead), heard::add, stop);

    assertThat(result.report()).isEqualTo(TestStageProcess.report());
  }

  @Test
  void a_warm_child_ends_with_its_supervisor_as_well() throws IOException {
    Process parent = parent("warm").start();
    await().atMost(PATIENCE).until(() -> Files.exists(folder.resolve("pids")));
    List<ProcessHandle> processes = processes(folder.resolve("pids"));

    parent.destroyForcibly();

    await().atMost(PATIENCE).until(() -> processes.stream().noneMatch(ProcessHandle::isAlive));
  }

  @Test
  void a_child_is_told_the_digest_that_was_verified() {
    StageJob job = job(folder, StageKind.PRUNE, "\"tell the digest of the input\"");
    var digests = new ModelDigests("d".repeat(64), "f".repeat(64));
    var verified = new ChildPreparation(Optional.empty(), Optional.of(digests));

    child.run(job, verified, heard::add, stop);

    assertThat(job.output().resolve("digest")).hasContent(digests.toString());
  }

  @Test
  void a_refusal_arrives_with_every_problem() {
    var refusal = catchThrowableOfType(InvalidInputException.class, () -> run("\"two problems\""));

    assertThat(refusal.problems()).containsExactly("first problem", "second problem");
    assertThat(heard).isEmpty();
  }

  @Test
  void a_stage_that_may_fill_the_disk_is_not_begun() throws IOException {
    Files.writeString(folder.resolve("input/weights"), "1234");
    var full = new ChildJvm(child.settings(), new DiskSpace(any -> 29)); // the input has 6 + 4

    assertThatThrownBy(() -> full.run(job(folder, StageKind.PRUNE, "{}"), heard::add, stop))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("wanted 30 bytes")
        .hasMessageContaining("29 are free")
        .extracting(e -> ((WorkerException) e).retryable())
        .isEqualTo(true);
    assertThat(heard).isEmpty();
  }

  @Test
  void just_enough_disk_space_is_enough() {
    var nearlyFull = new ChildJvm(child.settings(), new DiskSpace(any -> 18));

    StageResult result = nearlyFull.run(job(folder, StageKind.PRUNE, "{}"), heard::add, stop);

    assertThat(result.report()).isEqualTo(TestStageProcess.report());
  }

  @Test
  void an_infeasible_constraint_arrives_with_its_figures() {
    var refusal = catchThrowableOfType(InfeasibleException.class, () -> run("\"infeasible\""));

    assertThat(refusal.constraint()).isEqualTo("flops");
    assertThat(refusal.bound()).isEqualTo(10);
    assertThat(refusal.smallest()).isEqualTo(48_661_760);
    assertThat(refusal).hasMessage("out of reach");
  }

  @Test
  void a_failure_keeps_whether_it_is_worth_another_attempt() {
    var failure = catchThrowableOfType(WorkerException.class, () -> run("\"fail for good\""));

    assertThat(failure).hasMessage("no way").isExactlyInstanceOf(WorkerException.class);
    assertThat(failure.retryable()).isFalse();
  }

  @Test
  void a_bug_in_a_stage_is_told_with_its_cause_and_place() {
    assertThatThrownBy(() -> run("\"have a bug\""))
        .isExactlyInstanceOf(WorkerException.class)
        .hasMessageContaining("IllegalStateException: a bug at")
        .hasMessageContaining("TestStageProcess");
  }

  @Test
  void a_kind_without_a_stage_is_refused_with_the_kinds_that_there_are() {
    assertThatThrownBy(() -> child.run(job(folder, StageKind.EXPORT, "{}"), heard::add, stop))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("export")
        .hasMessageContaining("[prune, evaluate]");
  }

  @Test
  void a_native_abort_is_a_lack_of_resources_and_brings_the_last_words() {
    var failure = catchThrowableOfType(ResourceException.class, () -> run("\"abort\""));

    assertThat(failure)
        .hasMessageContaining("exit code 134")
        .hasMessageContaining("libtorch: terminate called");
    assertThat(failure.retryable()).isTrue();
  }

  @Test
  void an_exhausted_heap_is_a_lack_of_resources() {
    assertThatThrownBy(() -> run("\"exhaust the heap\""))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("Java heap exhausted");
  }

  @Test
  void stopping_ends_the_whole_process_tree() throws IOException {
    var running = CompletableFuture.runAsync(() -> run("\"never end\""));
    List<ProcessHandle> processes = childOf(folder);

    stop.request(Stop.Reason.CANCELLED, "not wanted any more");

    assertThatThrownBy(running::join)
        .hasCauseInstanceOf(StoppedException.class)
        .hasMessageContaining("not wanted any more");
    await().atMost(PATIENCE).until(() -> processes.stream().noneMatch(ProcessHandle::isAlive));
  }

  @ParameterizedTest
  @EnumSource(
      value = Stop.Reason.class,
      names = {"CLOSING", "LEASE_LOST"})
  void a_stage_may_keep_its_state_if_only_its_worker_ends(Stop.Reason reason) throws IOException {
    var running = CompletableFuture.runAsync(() -> run("\"say goodbye\""));
    List<ProcessHandle> processes = childOf(folder);

    stop.request(reason, "that is all");

    assertThatThrownBy(running::join).hasCauseInstanceOf(StoppedException.class);
    await().atMost(PATIENCE).until(() -> processes.stream().noneMatch(ProcessHandle::isAlive));
    assertThat(Files.exists(folder.resolve("checkpoints/goodbye")))
        .isEqualTo(reason == Stop.Reason.CLOSING);
  }

  @Test
  void a_stop_before_the_start_starts_nothing() {
    stop.request(Stop.Reason.STALLED, "too late");

    assertThatThrownBy(() -> run("\"succeed\"")).isInstanceOf(StoppedException.class);
    assertThat(folder.resolve("output")).doesNotExist();
  }

  @Test
  void a_child_does_not_outlive_its_supervisor() throws IOException {
    Process parent = parent("\"never end\"").start();
    List<ProcessHandle> processes = childOf(folder);

    parent.destroyForcibly();

    await().atMost(PATIENCE).until(() -> processes.stream().noneMatch(ProcessHandle::isAlive));
  }

  @Test
  void what_a_stage_started_and_disowned_ends_with_it() throws IOException {
    assumeThat(ProcessGroup.isSupported()).isTrue();

    assertThatThrownBy(() -> run("\"leave an orphan\"")).isInstanceOf(ResourceException.class);

    for (String pid : Files.readAllLines(folder.resolve("checkpoints/pids"))) {
      await().atMost(PATIENCE).until(() -> ProcessHandle.of(Long.parseLong(pid.strip())).isEmpty());
    }
  }

  @Test
  void a_child_leads_a_group_of_its_own() throws IOException {
    assumeThat(ProcessGroup.isSupported()).isTrue();

    try (WarmChild warm = child.warm(folder)) {
      await().atMost(PATIENCE).until(() -> warm.lastWords().contains("warm"));

      assertThat(groupOf(warm.pid())).isEqualTo(warm.pid());
    }
  }

  @Test
  void a_line_without_end_does_not_fill_the_memory() {
    assertThatThrownBy(() -> run("\"print a long line\""))
        .isInstanceOf(ResourceException.class)
        .hasMessageContaining("xxx ...")
        .hasMessageContaining("after the long line")
        .extracting(e -> e.getMessage().length())
        .satisfies(length -> assertThat((int) length).isLessThan(20_000));
  }

  @Test
  void a_child_is_told_no_secrets_and_no_options_for_jvms() throws Exception {
    ProcessBuilder builder = parent("\"tell the environment\"");
    builder.environment().put("SECRET", "sesame");
    builder.environment().put("KAFKA_SASL_PASSWORD", "sesame");
    builder.environment().put("NVIDIA_API_KEY", "sesame");
    builder.environment().put("JAVA_TOOL_OPTIONS", "-Dpassword=sesame");
    builder.environment().put("OMP_PROC_BIND", "true");

    assertThat(builder.start().waitFor()).isZero();

    List<String> told = Files.readAllLines(folder.resolve("output/environment"));
    assertThat(told)
        .contains("OMP_PROC_BIND=true", "OMP_WAIT_POLICY=passive")
        .noneMatch(line -> line.contains("sesame"))
        .allMatch(
            line ->
                line.matches(
                    "(PATH|HOME|LANG|LC_\\w+|TMPDIR|LD_LIBRARY_PATH|ENGINE_CACHE_DIR"
                        + "|(CUDA|NVIDIA|OMP|MKL|KMP|MALLOC|THP|DJL|PYTORCH)_\\w+)=.*"));
  }

  @Test
  void nobody_can_attach_to_a_child() throws IOException {
    try (WarmChild warm = child.warm(folder)) {
      await().atMost(PATIENCE).until(() -> warm.lastWords().contains("warm"));

      assertThatThrownBy(
              () -> com.sun.tools.attach.VirtualMachine.attach(String.valueOf(warm.pid())))
          .isInstanceOf(com.sun.tools.attach.AttachNotSupportedException.class);
    }
  }

  @Test
  void an_account_of_the_input_that_nobody_can_read_is_refused_before_the_work()
      throws IOException {
    Files.writeString(folder.resolve("input/espalier.json"), "[1, 2");

    assertThatThrownBy(() -> run("\"succeed\""))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("espalier.json")
        .hasMessageContaining("no JSON");
    assertThat(heard).isEmpty();

    sparse(folder.resolve("input/espalier.json"), 100L << 20);
    assertThatThrownBy(() -> run("\"succeed\""))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("104857600 bytes");
    assertThat(heard).isEmpty();
  }

  @Test
  void a_result_file_that_is_none_is_not_read_into_memory() throws IOException {
    Path result = folder.resolve("result.json");
    sparse(result, ResultFile.LARGEST + 1);

    assertThatThrownBy(() -> ResultFile.read(result))
        .isInstanceOf(WorkerException.class)
        .hasMessageContaining("a result of 67108865 bytes");
  }

  private static ChildPreparation with(WarmChild child) {
    return new ChildPreparation(Optional.of(child), Optional.empty());
  }

  private static void sparse(Path file, long bytes) throws IOException {
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(ByteBuffer.wrap(new byte[] {'x'}), bytes - 1);
    }
  }

  /** The fifth field of the process's line in /proc, counted behind its name. */
  private static long groupOf(long pid) throws IOException {
    String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
    return Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1)[2]);
  }

  private ProcessBuilder parent(String what) {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            ParentProcess.class.getName(),
            folder.toString(),
            what)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("parent.log").toFile());
  }

  private void run(String spec) {
    child.run(job(folder, StageKind.PRUNE, spec), heard::add, stop);
  }

  public static StageJob job(Path folder, StageKind kind, String spec) {
    return new StageJob(
        "run-1",
        0,
        1,
        kind,
        spec,
        folder.resolve("input"),
        folder.resolve("output"),
        folder.resolve("checkpoints"),
        Map.of("train", URI.create("file:///data/train.bin?split=train")),
        7);
  }

  private static List<ProcessHandle> childOf(Path folder) throws IOException {
    Path pids = folder.resolve("checkpoints/pids");
    await().atMost(PATIENCE).until(() -> Files.exists(pids));
    return processes(pids);
  }

  private static List<ProcessHandle> processes(Path pids) throws IOException {
    return Files.readAllLines(pids).stream()
        .map(pid -> ProcessHandle.of(Long.parseLong(pid)).orElseThrow())
        .toList();
  }
}
