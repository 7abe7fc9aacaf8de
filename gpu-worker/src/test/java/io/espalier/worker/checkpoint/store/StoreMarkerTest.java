package io.espalier.worker.checkpoint.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StoreMarkerTest {
  @TempDir Path folder;

  @Test
  void a_directory_that_was_set_up_is_the_store_of_all_below_it() {
    Path base = folder.resolve("new/store");

    StoreMarker.write(base.toUri());

    assertThat(StoreMarker.require(base.toUri())).isEqualTo(base);
    assertThat(StoreMarker.require(base.resolve("resnet/run/stage-0").toUri())).isEqualTo(base);
  }

  @Test
  void setting_up_twice_changes_nothing() throws IOException {
    StoreMarker.write(folder.toUri());
    Files.writeString(folder.resolve(StoreMarker.NAME), "mine");

    StoreMarker.write(folder.toUri());

    assertThat(folder.resolve(StoreMarker.NAME)).hasContent("mine");
  }

  @Test
  void a_place_without_one_is_no_store() {
    URI under = folder.resolve("store/run").toUri();

    assertThatThrownBy(() -> StoreMarker.require(under))
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining(under.toString())
        .hasMessageContaining(".espalier-store");
    assertThat(folder.resolve("store")).doesNotExist();
  }

  @Test
  void a_link_in_the_store_that_leads_out_is_not_in_the_store() throws IOException {
    StoreMarker.write(folder.resolve("store").toUri());
    Path outside = Files.createDirectories(folder.resolve("outside"));
    Files.createSymbolicLink(folder.resolve("store/run"), outside);

    assertThatThrownBy(() -> StoreMarker.require(folder.resolve("store/run/stage-0").toUri()))
        .isInstanceOf(StoreUnavailableException.class);
    assertThatThrownBy(
            () -> StoreMarker.require(URI.create("file://" + folder + "/store/../outside/x")))
        .isInstanceOf(StoreUnavailableException.class);
  }

  @Test
  void names_that_no_file_system_takes_are_refused() {
    StoreMarker.write(folder.toUri());

    assertThatThrownBy(
            () -> StoreMarker.require(folder.resolve("a".repeat(256) + "/stage-0").toUri()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("256 bytes")
        .hasMessageContaining("at most 255");
  }
}
