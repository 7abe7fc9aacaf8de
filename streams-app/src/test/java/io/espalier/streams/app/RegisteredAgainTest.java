package io.espalier.streams.app;

import static io.espalier.streams.app.Driven.model;
import static io.espalier.streams.app.Driven.policy;
import static org.assertj.core.api.Assertions.assertThat;

import io.espalier.event.FailureKind;
import io.espalier.event.ModelRegistered;
import io.espalier.event.RegistrationAnswer;
import io.espalier.event.RegistrationOutcome;
import io.espalier.event.StageCommand;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Registrations of a model whose run has failed. */
final class RegisteredAgainTest {
  @TempDir private Path directory;
  private Driven driven;
  private StageCommand failed;

  @BeforeEach
  void start() {
    driven = new Driven(directory);
    driven.apply(policy("small"));
    driven.heartbeat("w1", 1);
    driven.register(model("net"));
    failed = driven.commands().get(0);
    driven.failed(failed, FailureKind.INVALID_INPUT, false);
  }

  @AfterEach
  void stop() {
    driven.close();
  }

  @Test
  void another_task_opens_the_run_anew() {
    ModelRegistered corrected = model("net");
    corrected.setTask("object-detection");

    driven.register(corrected);

    assertOpenedAnew();
  }

  @Test
  void other_labels_open_the_run_anew() {
    ModelRegistered corrected = model("net");
    corrected.setLabels(Map.of("tier", "cloud"));

    driven.register(corrected);

    assertOpenedAnew();
  }

  @Test
  void other_names_of_files_open_the_run_anew() {
    ModelRegistered pinned = model("net");
    pinned.setListingDigest("67".repeat(32));
    driven.register(pinned);
    assertThat(driven.commands())
        .as("that a client tells what an older one did not is no difference")
        .isEmpty();
    driven.answers();
    driven.retry(failed.getRunId());
    driven.heartbeat("w1", 1);
    driven.failed(driven.commands().get(0), FailureKind.INVALID_INPUT, false);

    ModelRegistered other = model("other");
    other.setListingDigest("67".repeat(32));
    driven.register(other);
    failed = driven.commands().get(0);
    driven.failed(failed, FailureKind.INVALID_INPUT, false);
    ModelRegistered renamed = model("other");
    renamed.setListingDigest("89".repeat(32));
    driven.register(renamed);

    assertOpenedAnew();
  }

  @Test
  void another_time_and_source_open_nothing() {
    ModelRegistered same = model("net");
    same.setRegisteredAt(Driven.START.plus(Duration.ofHours(1)));
    same.setSource("elsewhere");

    driven.register(same);

    assertThat(driven.commands()).isEmpty();
    assertThat(driven.answers())
        .extracting(RegistrationAnswer::getAnswer)
        .containsExactly(RegistrationOutcome.ALREADY_ENDED);
  }

  private void assertOpenedAnew() {
    List<StageCommand> commands = driven.commands();
    assertThat(commands).hasSize(1);
    assertThat(commands.get(0).getRunId()).isEqualTo(failed.getRunId());
    assertThat(commands.get(0).getStageIndex()).isZero();
    assertThat(commands.get(0).getAttempt()).isEqualTo(2);
    assertThat(driven.answers())
        .extracting(RegistrationAnswer::getAnswer)
        .containsExactly(RegistrationOutcome.REOPENED);
  }
}
