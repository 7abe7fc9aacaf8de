package io.espalier.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.espalier.event.PrunedModel;
import io.espalier.schemas.SchemaRegistry;
import io.espalier.schemas.Topics;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.local.StackFile;
import io.espalier.standalone.local.StackRecord;
import io.espalier.worker.zoo.RandomModel;
import io.espalier.worker.zoo.Zoo;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tests of what {@code up} starts for its user: found, healed, used and stopped by other commands.
 */
class UpIT {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final List<String> SERVICES =
      List.of("broker", "schema registry", "coordinator", "worker");
  private static final String POLICY =
      """
      apiVersion: espalier.io/v1
      kind: PruningPolicy
      metadata: { name: smaller }
      spec:
        match: { task: image-classification }
        stages:
          - prune:
              { algorithm: fastnas, constraints: { flops: 70%%, parameters: 100%% }, channelDivisor: 4,
                batchSize: 32, calibrationBatches: 1, scoreImages: 32 }
        data: { calibration: "%s?split=train" }
      """;

  @TempDir private Path home;

  private UserCommands user;

  @BeforeEach
  void a_user() throws IOException {
    user = new UserCommands(home, "work");
  }

  @AfterEach
  void stop_what_a_failure_left() {
    user.close();
  }

  @Test
  void up_is_found_heals_itself_serves_its_user_and_goes_down() throws Exception {
    Path directory = user.stack();
    Process up = start("up", "--broker-port", "0", "--registry-port", "0");
    StackRecord ready = awaitStack(directory, UpIT::isReady);
    awaitSuccess("status");
    assertThat(ready.services()).extracting(StackRecord.Service::name).isEqualTo(SERVICES);

    for (StackRecord.Service service : ready.services()) {
      ProcessHandle.of(service.process().id()).ifPresent(ProcessHandle::destroyForcibly);
    }

    StackRecord healed =
        awaitStack(
            directory,
            stack -> isReady(stack) && stack.services().stream().allMatch(it -> it.restarts() > 0));
    assertThat(healed.address()).isEqualTo(ready.address());
    optimizeOneOfTheUsersModels(healed.address());

    awaitSuccess("down");

    assertThat(up.isAlive()).isFalse();
    assertThat(healed.services()).noneMatch(service -> service.process().alive());
    assertThat(new StackFile(directory).read()).isEmpty();
    assertThat(user.stack().getParent()).isDirectoryNotContaining("glob:**current-stack");
    assertThat(start("status").waitFor()).isEqualTo(6);
  }

  /** The model and its data lie where nobody allowed anything; to name them is enough. */
  private void optimizeOneOfTheUsersModels(Address address) throws Exception {
    Path model = home.resolve("my models/net");
    Path data = home.resolve("my data");
    Zoo.writeRandomModel(RandomModel.of("cifar_resnet8", 7), model);
    Zoo.writeShapes(data, 64, 64, 7);
    Path policy = home.resolve("policy.yaml");
    Files.writeString(policy, POLICY.formatted(data.toUri()));

    awaitSuccess("policies", "apply", "-f", policy.toString());
    awaitSuccess(
        "models",
        "register",
        "net",
        "1",
        "--artifact",
        model.toString(),
        "--task",
        "image-classification",
        "--data",
        "eval=" + data + "?split=test");

    var topics = new Topics(address.topicPrefix(), SchemaRegistry.at(address.registryUrl()), 1);
    try (var pruned = EventLog.of(address.bootstrapServers(), topics.prunedModel())) {
      PrunedModel result = pruned.await(PATIENCE, event -> true).value();
      assertThat(result.getModelName()).isEqualTo("net");
    }
  }

  private static boolean isReady(StackRecord stack) {
    return stack.ready()
        && stack.services().stream().allMatch(it -> it.works() && it.process().alive());
  }

  private StackRecord awaitStack(Path directory, Predicate<StackRecord> condition) {
    var file = new StackFile(directory);
    return await()
        .atMost(PATIENCE)
        .until(file::running, stack -> stack.filter(condition).isPresent())
        .orElseThrow(() -> new AssertionError("nothing runs in " + directory));
  }

  private void awaitSuccess(String... arguments) throws Exception {
    assertThat(start(arguments).waitFor()).as("%s, see %s", List.of(arguments), log()).isZero();
  }

  private Process start(String... arguments) throws IOException {
    File log = home.resolve("log").toFile();
    return user.start(List.of(arguments), log, log);
  }

  private String log() throws IOException {
    return Files.readString(home.resolve("log"), StandardCharsets.UTF_8);
  }
}
