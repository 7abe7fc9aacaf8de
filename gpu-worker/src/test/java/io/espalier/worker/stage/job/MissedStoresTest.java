package io.espalier.worker.stage.job;

import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.worker.checkpoint.store.StoreMarker;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MissedStoresTest {
  @TempDir Path folder;

  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final MissedStores stores = new MissedStores(() -> now);

  @Test
  void nothing_is_missed_at_first() {
    assertThat(stores.problem()).isEmpty();
  }

  @Test
  void a_store_is_missed_until_it_is_there() {
    URI output = folder.resolve("store/run").toUri();

    stores.note(output);
    assertThat(stores.problem()).get().asString().contains(output.toString(), "mounted");
    assertThat(stores.problem()).isPresent();

    StoreMarker.write(folder.resolve("store").toUri());
    assertThat(stores.problem()).isEmpty();
  }

  @Test
  void one_command_with_a_wrong_place_keeps_a_worker_for_ten_minutes_at_most() {
    stores.note(folder.resolve("wrong/run").toUri());

    now = now.plus(MissedStores.FORGOTTEN_AFTER);
    assertThat(stores.problem()).isPresent();

    now = now.plus(Duration.ofSeconds(1));
    assertThat(stores.problem()).isEmpty();
  }
}
