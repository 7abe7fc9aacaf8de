package io.espalier.worker.kafka.claim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.espalier.worker.stage.Stop;
import io.espalier.worker.stage.StoppedException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

final class SlotsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  private final AtomicBoolean inService = new AtomicBoolean(true);
  private final Slots one = new Slots(1, inService::get, () -> {});
  private final Slots two = new Slots(2, inService::get, () -> {});
  private final Stop stop = new Stop();

  @Test
  void a_busy_slot_gives_no_place_until_its_work_is_about_to_end() {
    Slots.Place working = working(one);

    assertThat(one.reserve(Duration.ZERO)).isEmpty();
    assertThat(one.spare()).isZero();
    working.ending(true);

    assertThat(one.spare()).isEqualTo(1);
    Slots.Place behind = one.reserve(Duration.ZERO).orElseThrow();
    assertThat(behind.isOpen()).isTrue();
    assertThat(one.reserve(Duration.ZERO)).isEmpty();
    behind.claimed(true);
    assertThat(one.spare()).isZero();
  }

  @Test
  void a_guess_that_was_wrong_closes_the_place_behind_that_has_nothing_yet() {
    Slots.Place working = working(one);
    working.ending(true);
    Slots.Place behind = one.reserve(Duration.ZERO).orElseThrow();

    working.ending(false);

    assertThat(behind.isOpen()).isFalse();
    behind.close();
    assertThat(one.reserve(Duration.ZERO)).isEmpty();
  }

  @Test
  void a_slot_is_handed_on_to_the_one_behind_and_whoever_had_it_asks_no_more() throws Exception {
    Slots.Place working = working(one);
    working.ending(true);
    Slots.Place behind = one.reserve(Duration.ZERO).orElseThrow();
    behind.claimed(true);
    assertThat(behind.begin(false, Duration.ZERO, stop)).isFalse();

    var begun = CompletableFuture.supplyAsync(() -> behind.begin(false, LONG, stop));
    working.end();

    assertThat(begun.get(20, TimeUnit.SECONDS)).isTrue();
    assertThat(working.isOpen()).isFalse();
    assertThat(one.reserve(Duration.ZERO)).isEmpty();
    working.close();
    assertThat(behind.slot()).isZero();
    behind.end();
    assertThat(behind.isOpen()).isTrue();
  }

  @Test
  void a_slot_stays_with_whoever_has_it_while_the_one_behind_only_asks() {
    Slots.Place working = working(one);
    working.ending(true);
    Slots.Place behind = one.reserve(Duration.ZERO).orElseThrow();

    working.end();

    assertThat(working.isOpen()).isTrue();
    assertThat(behind.isOpen()).isFalse();
  }

  @Test
  void a_slot_with_nobody_behind_stays_with_whoever_has_it() {
    Slots.Place place = working(one);

    place.end();

    assertThat(place.isOpen()).isTrue();
    assertThat(place.begin(false, Duration.ZERO, stop)).isTrue();
  }

  @Test
  void what_was_given_back_is_not_claimed_again_behind_the_same_work() {
    Slots.Place working = working(one);
    working.ending(true);
    Slots.Place behind = one.reserve(Duration.ZERO).orElseThrow();

    behind.barFollowers();
    behind.close();

    assertThat(one.reserve(Duration.ZERO)).isEmpty();
    assertThat(one.spare()).isZero();
    working.end();
    working.begin(false, Duration.ZERO, stop);
    working.ending(true);
    assertThat(one.spare()).isEqualTo(1);
  }

  @Test
  void a_worker_out_of_service_gives_no_places() {
    Slots.Place free = one.reserve(Duration.ZERO).orElseThrow();

    inService.set(false);

    assertThat(free.isOpen()).isFalse();
    assertThat(two.reserve(Duration.ZERO)).isEmpty();
  }

  @Test
  void a_suspect_begins_only_when_nothing_else_is_at_work_and_nothing_begins_beside_it()
      throws Exception {
    Slots.Place neighbour = working(two);
    Slots.Place suspects = two.reserve(Duration.ZERO).orElseThrow();

    var begun = CompletableFuture.supplyAsync(() -> suspects.begin(true, LONG, stop));
    await().until(() -> !neighbour.isOpen());
    assertThat(begun).isNotDone();
    neighbour.end();
    assertThat(begun.get(20, TimeUnit.SECONDS)).isTrue();

    assertThat(neighbour.begin(false, Duration.ofMillis(50), stop)).isFalse();
    suspects.end();
    assertThat(neighbour.begin(false, Duration.ZERO, stop)).isTrue();
  }

  @Test
  void a_suspect_that_may_not_begin_now_keeps_nobody_from_working() {
    Slots.Place first = working(two);
    Slots.Place suspects = two.reserve(Duration.ZERO).orElseThrow();

    assertThat(suspects.begin(true, Duration.ZERO, stop)).isFalse();

    first.end();
    assertThat(first.begin(false, Duration.ZERO, stop)).isTrue();
  }

  @Test
  void a_stop_ends_the_waiting() {
    Slots.Place working = working(one);
    working.ending(true);
    Slots.Place behind = one.reserve(Duration.ZERO).orElseThrow();
    var waiting = new Stop();
    var begun = CompletableFuture.supplyAsync(() -> behind.begin(false, LONG, waiting));

    waiting.request(Stop.Reason.CANCELLED, "superseded");

    assertThatThrownBy(() -> begun.get(5, TimeUnit.SECONDS))
        .hasCauseInstanceOf(StoppedException.class);
  }

  private Slots.Place working(Slots slots) {
    Slots.Place place = slots.reserve(Duration.ZERO).orElseThrow();
    place.claimed(true);
    assertThat(place.begin(false, Duration.ZERO, stop)).isTrue();
    return place;
  }
}
