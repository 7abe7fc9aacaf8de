package io.espalier.standalone;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The script that starts the command line, with a build that takes a second and notes itself. */
class LauncherTest {
  private static final Path SCRIPT = Path.of("..", "espalier");
  private static final List<String> TOOLS =
      List.of(
          "bash", "env", "dirname", "find", "touch", "mkdir", "mv", "rm", "cat", "sleep", "nice",
          "wc", "cksum");

  /**
   * A JVM that archives class data into a file of eight bytes, and says what it was started with.
   */
  private static final String ARCHIVING_JAVA =
      """
      for option in "$@"; do
        case $option in -XX:SharedArchiveFile=*) file=${option#*=} ;; esac
      done
      case "$*" in
        *-Xshare:dump*) echo dump >>"$0.dumps"; printf 12345678 >"$file" ;;
        *) echo "started $*" ;;
      esac
      """;

  @TempDir Path root;

  @BeforeEach
  void an_old_jar_and_changed_sources() throws IOException {
    for (String module : List.of("schemas", "streams-app", "gpu-worker", "deploy/standalone")) {
      Files.createDirectories(root.resolve(module));
    }
    Files.copy(SCRIPT, root.resolve("deploy/espalier"), StandardCopyOption.COPY_ATTRIBUTES);
    Files.createDirectories(root.resolve("bin"));
    Path jar = jar();
    command(
        "mvn",
        "echo build >> '%s'; sleep 1; mkdir -p '%s'; touch '%s'"
            .formatted(log(), jar.getParent(), jar));
    command("java", "echo started");
    Files.writeString(root.resolve("pom.xml"), "changed");
    for (String tool : TOOLS) {
      Files.createSymbolicLink(root.resolve("bin").resolve(tool), which(tool));
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void of_several_starts_one_builds_and_all_start(boolean hasFlock) throws Exception {
    if (hasFlock) {
      command("flock", "exec '%s' \"$@\"".formatted(which("flock")));
    }

    List<Process> starts = List.of(start(), start(), start());

    for (Process start : starts) {
      assertThat(ended(start)).contains("started");
    }
    assertThat(log()).content().hasLineCount(1);
  }

  @Test
  void a_lock_whose_holder_is_gone_does_not_hold() throws Exception {
    Path lock = Files.createDirectories(root.resolve("deploy/.build-lock.d"));
    Process gone = new ProcessBuilder("true").start();
    gone.waitFor();
    Files.writeString(lock.resolve("pid"), gone.pid() + "\n");

    assertThat(ended(start())).contains("started");
    assertThat(log()).content().hasLineCount(1);
    assertThat(lock).doesNotExist();
  }

  @Test
  void a_build_that_fails_starts_nothing_and_lets_the_next_one_build() throws Exception {
    command("mvn", "echo build >> '%s'; exit 1".formatted(log()));

    assertThat(List.of(ended(start()), ended(start()))).noneMatch(said -> said.contains("started"));
    assertThat(log()).content().hasLineCount(2);
  }

  @Test
  void a_client_is_small_and_quick_to_start() throws Exception {
    assertThat(dryRun("", "runs", "list"))
        .contains("java", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
        .endsWith("runs", "list");
    assertThat(log()).as("a dry run builds nothing").doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"streams", "worker", "--debug worker", "-o json streams", "--output=yaml worker"})
  void services_have_the_whole_compiler_and_a_heap_that_follows_the_machine(String arguments)
      throws Exception {
    List<String> command = dryRun("", (arguments + " --heap 100").split(" ", -1));

    assertThat(command)
        .contains("-XX:+ExitOnOutOfMemoryError")
        .anyMatch(option -> option.startsWith("-XX:MaxRAMPercentage="))
        .noneMatch(option -> option.startsWith("-Xmx"))
        .doesNotContain("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");
    requireJavaTakes(command);
  }

  @ParameterizedTest
  @ValueSource(strings = {"runs", "streams", "worker"})
  void what_people_ask_for_comes_last_and_so_wins(String subcommand) throws Exception {
    List<String> command = dryRun("-Xmx3g -XX:+UseParallelGC", subcommand);

    assertThat(command).doesNotContain("-XX:+UseSerialGC");
    assertThat(command.subList(0, command.indexOf("-jar")))
        .endsWith("-Xmx3g", "-XX:+UseParallelGC");
    requireJavaTakes(command);
  }

  @Test
  void a_client_starts_from_an_archive_of_class_data_as_long_as_it_is_newer_than_the_jars()
      throws Exception {
    command("java", ARCHIVING_JAVA);
    assertThat(ended(archiving("runs", "list").start())).doesNotContain("SharedArchiveFile");
    Path archive = awaitArchive(1);

    String later = ended(archiving("runs", "list").start());
    String service = ended(archiving("worker").start());
    Path library = Files.createDirectories(jar().resolveSibling("lib")).resolve("new.jar");
    Files.createFile(library);
    String rebuilt = ended(archiving("runs", "list").start());

    assertThat(later).contains("-XX:SharedArchiveFile=" + archive).endsWith("runs list\n");
    assertThat(service).doesNotContain("SharedArchiveFile");
    assertThat(rebuilt).doesNotContain("SharedArchiveFile");
    awaitArchive(2);
  }

  @Test
  void an_archive_that_was_copied_in_part_is_not_used_but_made_again() throws Exception {
    command("java", ARCHIVING_JAVA);
    ended(archiving("runs").start());
    Path archive = awaitArchive(1);
    Files.writeString(archive, "1234");

    String cut = ended(archiving("runs").start());

    assertThat(cut).doesNotContain("SharedArchiveFile");
    assertThat(awaitArchive(2)).hasContent("12345678");
  }

  @Test
  void a_jvm_that_cannot_archive_is_asked_once() throws Exception {
    command("java", ARCHIVING_JAVA.replace("printf 12345678 >\"$file\"", "exit 1"));
    ended(archiving("runs").start());
    assertThat(awaitArchive(1)).isEmptyFile();

    String later = ended(archiving("runs").start());

    assertThat(later).startsWith("started").doesNotContain("SharedArchiveFile");
    awaitArchive(1);
  }

  /** The launcher with a jar that is new, so that nothing is built. */
  private ProcessBuilder archiving(String... arguments) throws IOException {
    Files.createDirectories(jar().getParent());
    if (!Files.exists(jar())) {
      Files.createFile(jar());
    }
    ProcessBuilder builder = launcher(arguments);
    builder.environment().remove("ESPALIER_CLASS_DATA");
    return builder;
  }

  /** The archive, once whoever makes it in the background has done so for the nth time. */
  private Path awaitArchive(int made) throws IOException {
    Path classData = jar().resolveSibling("class-data");
    Path dumps = root.resolve("bin/java.dumps");
    long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(1);
    while (!Files.exists(dumps)
        || Files.readAllLines(dumps).size() < made
        || names(classData).stream().anyMatch(name -> name.startsWith("."))) {
      assertThat(System.nanoTime()).as("no archive in %s", names(classData)).isLessThan(end);
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
    }
    assertThat(Files.readAllLines(dumps)).hasSize(made);
    assertThat(names(classData)).hasSize(1);
    return classData.resolve(names(classData).get(0));
  }

  private static List<String> names(Path directory) {
    String[] names = directory.toFile().list();
    return names == null ? List.of() : List.of(names);
  }

  private Path jar() {
    return root.resolve("deploy/standalone/target/espalier/espalier.jar");
  }

  /** The JVM starts with the options, and refuses those that do not go together. */
  private static void requireJavaTakes(List<String> command) throws Exception {
    List<String> check = new ArrayList<>();
    check.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    check.addAll(command.subList(1, command.indexOf("-jar")));
    check.add("-version");
    Process java = new ProcessBuilder(check).redirectErrorStream(true).start();
    String said = ended(java);
    assertThat(java.exitValue()).as(said).isZero();
  }

  private List<String> dryRun(String javaOptions, String... arguments) throws Exception {
    ProcessBuilder builder = launcher(arguments);
    builder.environment().put("ESPALIER_DRY_RUN", "1");
    builder.environment().put("ESPALIER_JAVA_OPTIONS", javaOptions);
    return List.of(ended(builder.start()).strip().split(" ", -1));
  }

  private Path log() {
    return root.resolve("builds");
  }

  private Process start() throws IOException {
    return launcher().start();
  }

  private ProcessBuilder launcher(String... arguments) {
    List<String> command = new ArrayList<>(List.of(root.resolve("deploy/espalier").toString()));
    command.addAll(List.of(arguments));
    var builder = new ProcessBuilder(command);
    Map<String, String> environment = builder.environment();
    environment.put("PATH", root.resolve("bin").toString());
    environment.remove("JAVA_HOME");
    environment.put("ESPALIER_CLASS_DATA", "off");
    return builder.redirectErrorStream(true);
  }

  private static String ended(Process start) throws IOException, InterruptedException {
    String said = new String(start.getInputStream().readAllBytes(), UTF_8);
    assertThat(start.waitFor(1, TimeUnit.MINUTES)).as(said).isTrue();
    return said;
  }

  private void command(String name, String script) throws IOException {
    Path file = root.resolve("bin").resolve(name);
    Files.writeString(file, "#!/usr/bin/env bash\n" + script + "\n");
    assertThat(file.toFile().setExecutable(true)).isTrue();
  }

  private static Path which(String tool) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .map(directory -> Path.of(directory, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no " + tool + " on the path"));
  }
}
