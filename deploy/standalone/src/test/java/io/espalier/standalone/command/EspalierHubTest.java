package io.espalier.standalone.command;

import static io.espalier.standalone.command.Ran.espalier;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models by their names on Hugging Face's hub, in a JVM with an environment of its own. */
class EspalierHubTest {
  private static final String COMMIT = "0123456789abcdef".repeat(3).substring(0, 40);

  @TempDir private static Path directory;
  private static Path home = Path.of("");

  /** As huggingface_hub lays it out: a snapshot is links to blobs. */
  @BeforeAll
  static void download() throws IOException {
    Path model = directory.resolve("model");
    assertThat(espalier("zoo", "model", "cifar_resnet20", model.toString(), "--random").code())
        .isZero();
    home = directory.resolve("hf");
    Path repository = home.resolve("hub/models--acme--small-resnet");
    Path snapshot = Files.createDirectories(repository.resolve("snapshots").resolve(COMMIT));
    Files.createDirectories(repository.resolve("blobs"));
    Files.createDirectories(repository.resolve("refs"));
    Files.writeString(repository.resolve("refs/main"), COMMIT);
    try (Stream<Path> files = Files.list(model)) {
      for (Path file : files.toList()) {
        Path name = file.getFileName();
        Files.move(file, repository.resolve("blobs").resolve(name));
        Files.createSymbolicLink(snapshot.resolve(name), Path.of("../../blobs").resolve(name));
      }
    }
  }

  private static Ran elsewhere(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add("io.espalier.standalone.Main");
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(directory, "out", "");
    Path err = Files.createTempFile(directory, "err", "");
    var builder =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectOutput(out.toFile())
            .redirectError(err.toFile());
    builder.environment().remove("HF_HUB_CACHE");
    builder.environment().remove("HUGGINGFACE_HUB_CACHE");
    builder.environment().put("HF_HOME", home.toString());
    Process process = builder.start();
    assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    return new Ran(process.exitValue(), Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }

  @Test
  void a_model_of_the_cache_is_inspected_by_its_name() throws Exception {
    Ran ran = elsewhere("inspect", "acme/small-resnet@01234567", "-o", "json");

    assertThat(ran.err()).isEmpty();
    assertThat(new ObjectMapper().readTree(ran.out()).path("directory").asText())
        .isEqualTo(
            home.resolve("hub/models--acme--small-resnet/snapshots").resolve(COMMIT).toString());
  }

  @Test
  void a_model_of_the_cache_is_profiled_by_its_name() throws Exception {
    Ran ran = elsewhere("profile", "--model", "acme/small-resnet", "--channel-divisor", "16");

    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("configurable axes: 6");
  }

  @Test
  void a_model_that_was_not_downloaded_is_bad_input_with_the_command_that_downloads_it()
      throws Exception {
    Ran ran = elsewhere("evaluate", "--model", "acme/absent", "--data", "anything");

    assertThat(ran.code()).isEqualTo(3);
    assertThat(ran.err()).contains(home.resolve("hub").toString(), "hf download acme/absent");
  }
}
