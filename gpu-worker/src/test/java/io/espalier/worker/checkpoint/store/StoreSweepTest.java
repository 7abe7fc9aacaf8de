package io.espalier.worker.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.checkpoint.Models;
import io.espalier.worker.domain.StopCheck;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Optional;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoreSweepTest {
  private static final Instant LIMIT = Instant.parse("2026-01-02T00:00:00Z");

  @TempDir Path folder;
  private Path base;

  @BeforeEach
  void a_store() {
    base = folder.resolve("store");
    StoreMarker.write(base.toUri());
  }

  @Test
  void removes_what_publications_left_that_were_cut_off_long_ago() throws IOException {
    Path old = old("resnet/run/stage-0/.incoming-attempt-2-x/part/model.safetensors");
    Path young = young("resnet/run/stage-0/.incoming-attempt-3-x/model.safetensors");
    Path artifact = old("resnet/run/stage-0/attempt-1-x/config.json");

    assertThat(sweep(any -> false, Optional.empty(), 1000)).isEmpty();

    assertThat(old.getParent().getParent()).doesNotExist();
    assertThat(young).exists();
    assertThat(artifact).exists();
  }

  @Test
  void leaves_alone_what_somebody_published_whatever_it_holds() throws IOException {
    old("models/mine/config.json");
    Path inside = old("models/mine/.incoming-notes/todo.txt");

    sweep(any -> false, Optional.empty(), 1000);

    assertThat(inside).exists();
  }

  @Test
  void removes_artifacts_that_lost_and_are_old() throws IOException {
    Path lost = old("run/attempt-1-lost/config.json");
    Path justLost = young("run/attempt-2-lost/config.json");
    Path winner = old("run/attempt-1-best/config.json");

    sweep(path -> path.toString().endsWith("lost"), Optional.empty(), 1000);

    assertThat(lost.getParent()).doesNotExist();
    assertThat(justLost).exists();
    assertThat(winner).exists();
  }

  @Test
  void does_not_follow_links() throws IOException {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere/.incoming-a"));
    age(elsewhere);
    Files.createDirectories(base.resolve("run"));
    Files.createSymbolicLink(base.resolve("run/link"), folder.resolve("elsewhere"));

    sweep(any -> false, Optional.empty(), 1000);

    assertThat(elsewhere).exists();
  }

  @Test
  void a_sweep_that_was_limited_goes_on_where_it_stopped_until_all_is_swept() throws IOException {
    for (String model : new String[] {"a", "a-b", "a/x", "b", "c.d"}) {
      for (int run = 0; run < 4; run++) {
        old(model + "/run-" + run + "/stage-0/.incoming-attempt-1-x/config.json");
      }
    }

    Optional<Path> place = Optional.empty();
    int sweeps = 0;
    do {
      Optional<Path> next = sweep(any -> false, place, 9);
      assertThat(next).isNotEqualTo(place.or(() -> Optional.of(Path.of("?"))));
      place = next;
      sweeps++;
    } while (place.isPresent());

    assertThat(sweeps).isBetween(5, 20); // 46 directories
    try (var left = Files.walk(base)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith(".incoming-"));
    }
  }

  private Optional<Path> sweep(Predicate<Path> lost, Optional<Path> after, int most) {
    return new StoreSweep(base, LIMIT, lost, StopCheck.NEVER).run(after, most);
  }

  private Path old(String name) throws IOException {
    Path file = young(name);
    for (Path path = file; !path.equals(base); path = path.getParent()) {
      age(path);
    }
    return file;
  }

  private Path young(String name) {
    Models.write(base.resolve(name), "content");
    return base.resolve(name);
  }

  private static void age(Path path) throws IOException {
    Files.setLastModifiedTime(path, FileTime.from(LIMIT.minusSeconds(1)));
  }
}
