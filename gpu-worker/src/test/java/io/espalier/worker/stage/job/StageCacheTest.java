package io.espalier.worker.stage.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.checkpoint.file.FileListing;
import io.espalier.worker.checkpoint.store.ContentPin;
import io.espalier.worker.domain.StopCheck;
import io.espalier.worker.domain.job.StageJob;
import io.espalier.worker.domain.job.StageKind;
import io.espalier.worker.stage.StageResult;
import io.espalier.worker.stage.TestStageProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StageCacheTest {
  @TempDir Path folder;

  @Test
  void the_key_ignores_how_the_spec_is_written_and_who_runs_it() {
    String key = key(job("{\"b\": 1, \"a\": {\"d\":2,\"c\":3}}", 7), "v1", "digest", "cpu");

    String same = key(job("{\"a\":{\"c\":3,\"d\":2},\"b\":1}", 7), "v1", "digest", "cpu");

    assertThat(key).isEqualTo(same).matches("[0-9a-f]{64}");
  }

  @Test
  void the_key_changes_with_everything_that_the_result_depends_on() {
    StageJob job = job("{\"a\":1}", 7);
    String key = key(job, "v1", "digest", "cpu");

    assertThat(key)
        .isNotEqualTo(key(job("{\"a\":2}", 7), "v1", "digest", "cpu"))
        .isNotEqualTo(key(job("{\"a\":1}", 8), "v1", "digest", "cpu"))
        .isNotEqualTo(key(job, "v2", "digest", "cpu"))
        .isNotEqualTo(key(job, "v1", "other", "cpu"))
        .isNotEqualTo(key(job, "v1", "digest", "cuda"));
  }

  @Test
  void the_key_changes_when_a_data_file_does() throws IOException {
    Files.writeString(folder.resolve("train.bin"), "12345");
    String before = key(job("{}", 7), "v1", "digest", "cpu");

    Files.writeString(folder.resolve("train.bin"), "123456");

    assertThat(key(job("{}", 7), "v1", "digest", "cpu")).isNotEqualTo(before);
  }

  @Test
  void an_entry_is_found_as_it_was_remembered_until_it_is_forgotten() {
    var cache = new StageCache(folder);
    String key = key(job("{}", 7), "v1", "digest", "cpu");
    var result = new StageResult(TestStageProcess.report(), 1234, 56, OptionalLong.of(5), false);
    var entry =
        new StageCache.Entry(URI.create("file:///models/a"), ContentPin.of("abc", "def"), result);

    cache.remember(key, entry);

    assertThat(new StageCache(folder).find(key)).contains(entry);
    cache.forget(key);
    assertThat(cache.find(key)).isEmpty();
  }

  @Test
  void an_entry_of_before_there_were_listing_digests_is_found() throws IOException {
    var cache = new StageCache(folder);
    String key = key(job("{}", 7), "v1", "digest", "cpu");
    var result = new StageResult(TestStageProcess.report(), 1234, 56, OptionalLong.of(5), false);
    URI artifact = URI.create("file:///models/a");
    cache.remember(key, new StageCache.Entry(artifact, ContentPin.of("abc", "def"), result));
    Path file = folder.resolve(key.substring(0, 2)).resolve(key + ".json");
    String written = Files.readString(file);
    String older = written.replaceFirst("\"listingDigest\" ?: ?\"def\",?", "");
    assertThat(older).isNotEqualTo(written);
    Files.writeString(file, older);

    assertThat(cache.find(key))
        .contains(new StageCache.Entry(artifact, ContentPin.of("abc", null), result));
  }

  @Test
  void a_damaged_entry_is_no_entry() throws IOException {
    var cache = new StageCache(folder);
    String key = key(job("{}", 7), "v1", "digest", "cpu");
    Path file = folder.resolve(key.substring(0, 2)).resolve(key + ".json");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "{\"artifact\":");

    assertThat(cache.find(key)).isEmpty();
  }

  @Test
  void a_result_made_with_another_teacher_or_none_is_another_one() {
    StageJob job = job("{}", 7);

    String alone = key(job, "v1", "digest", "cpu");
    String taught = key(job, "v1", "digest", "cpu", Map.of("teacher", "one"));

    assertThat(List.of(alone, taught, key(job, "v1", "digest", "cpu", Map.of("teacher", "two"))))
        .doesNotHaveDuplicates();
    assertThat(key(job, "v1", "digest", "cpu", Map.of("teacher", "one"))).isEqualTo(taught);
  }

  private String key(StageJob job, String version, String digest, String target) {
    return key(job, version, digest, target, Map.of());
  }

  private String key(
      StageJob job, String version, String digest, String target, Map<String, String> references) {
    Path train = folder.resolve("train.bin");
    Map<String, FileListing> data =
        Files.exists(train) ? Map.of("train", listing(train)) : Map.of();
    return new StageCache(folder.resolve("cache"))
        .key(
            job,
            new StageCache.Circumstances(version, digest, references, target, data),
            StopCheck.NEVER);
  }

  private static FileListing listing(Path path) {
    return FileListing.of(
        path, FileListing.Limits.STANDARD, FileListing.LinkCheck.NONE, StopCheck.NEVER);
  }

  private StageJob job(String spec, long seed) {
    URI train = URI.create(folder.resolve("train.bin").toUri() + "?split=train");
    return new StageJob(
        "run", 0, 1, StageKind.PRUNE, spec, folder, folder, folder, Map.of("train", train), seed);
  }
}
