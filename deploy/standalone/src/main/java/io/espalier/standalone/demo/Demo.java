package io.espalier.standalone.demo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.ModelRegistered;
import io.espalier.event.PrunedModel;
import io.espalier.event.Run;
import io.espalier.event.RunState;
import io.espalier.event.StageOutcome;
import io.espalier.schemas.KindNames;
import io.espalier.schemas.policy.Policy;
import io.espalier.schemas.policy.PolicyFile;
import io.espalier.standalone.client.Events;
import io.espalier.standalone.client.Publishing;
import io.espalier.standalone.client.Runs;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.TopicReader;
import io.espalier.standalone.local.Ports;
import io.espalier.standalone.model.Registration;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Measurement;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import io.espalier.worker.zoo.DemoModel;
import io.espalier.worker.zoo.Zoo;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** A model's way from its registration to the pruned-model event, on this machine. */
public final class Demo {
  private static final Duration LIMIT = Duration.ofMinutes(10);
  private static final String MODEL = "cifar_resnet20";
  private static final String VERSION = "1";
  private static final int CALIBRATION_IMAGES = 2_000;
  private static final List<String> FIGURES =
      List.of("parameters", "flops", "bytes", "accuracyAsCut", "accuracy", "latencyMillis");

  private final Path directory;
  private final List<Path> roots;
  private final Narration narration;

  private Demo(Path directory, List<Path> roots, Narration narration) {
    this.directory = directory;
    this.roots = List.copyOf(roots);
    this.narration = narration;
  }

  /**
   * Shows the whole way and stops everything at the end.
   *
   * @param directory gets data, logs and artifacts; new or empty
   * @param roots directories that the worker may read from, besides that one
   */
  public static Result run(Path directory, List<Path> roots, Narration narration) {
    return new Demo(directory.toAbsolutePath().normalize(), roots, narration).run();
  }

  private Result run() {
    narration.say("working in " + directory);
    CompletableFuture<Void> zoo = CompletableFuture.runAsync(this::writeZoo);
    var settings = new StackSettings(directory, roots, Ports.ANY, LIMIT);
    try (Stack stack = Stack.start(settings, narration)) {
      zoo.join();
      narration.say(
          "zoo: a trained ResNet-20 and %s drawn images of ten shapes"
              .formatted(Figures.count(CALIBRATION_IMAGES + DemoModel.RESNET20.data().test())));
      try (Cluster cluster = Cluster.connect(stack.address());
          TopicReader<Run> runs = cluster.read(cluster.topics().runs());
          TopicReader<PrunedModel> results = cluster.read(cluster.topics().prunedModel())) {
        publish(cluster);
        Run run =
            Runs.follow(
                runs,
                known -> {
                  stack.heal();
                  return known.values().stream().findFirst();
                },
                LIMIT,
                narration);
        return run.getState() == RunState.PUBLISHED
            ? published(run, awaitEvent(results, run.getRunId()))
            : Runs.ended(run);
      }
    }
  }

  private void writeZoo() {
    Zoo.writeModel(MODEL, directory.resolve("model"));
    DemoModel.Shapes drawn = DemoModel.RESNET20.data();
    // The first images of those that the model was trained on; the test images are all of them.
    Zoo.writeShapes(directory.resolve("data"), CALIBRATION_IMAGES, drawn.test(), drawn.seed());
  }

  private void publish(Cluster cluster) {
    List<Policy> policies = PolicyFile.parse("demo-policy.yaml", policy()).orThrow();
    Publishing.apply(cluster, policies, false);
    narration.say("policy '%s' applied".formatted(policies.get(0).name()));
    String data = directory.resolve("data").toUri().toString();
    ModelRegistered event =
        new Registration(
                MODEL,
                VERSION,
                directory.resolve("model"),
                Optional.of("image-classification"),
                Map.of("calibration", data + "?split=train", "eval", data + "?split=test"),
                Map.of("tier", "edge"))
            .event(Instant.now());
    Publishing.publish(cluster, event);
    narration.say("model %s@%s registered".formatted(MODEL, VERSION));
  }

  private static String policy() {
    try (InputStream policy = Demo.class.getResourceAsStream("demo-policy.yaml")) {
      if (policy == null) {
        throw new IllegalStateException("the jar lacks its resource demo-policy.yaml");
      }
      return new String(policy.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException failed) {
      throw new UncheckedIOException("the jar's resource demo-policy.yaml", failed);
    }
  }

  private PrunedModel awaitEvent(TopicReader<PrunedModel> results, String runId) {
    long end = System.nanoTime() + LIMIT.toNanos();
    while (System.nanoTime() < end) {
      for (TopicReader.Entry<PrunedModel> entry : results.poll()) {
        Optional<PrunedModel> event = entry.value().filter(value -> value.getRunId().equals(runId));
        if (event.isPresent()) {
          narration.say("pruned-model event for %s arrived".formatted(event.get().getModelName()));
          return event.get();
        }
      }
    }
    throw new IllegalStateException(
        "run %s is published, but its pruned-model event did not arrive".formatted(runId));
  }

  /** Accuracy as each stage found and left it. */
  private static String stages(List<StageOutcome> outcomes) {
    TextTable table = new TextTable("stage", "accuracy before", "after", "seconds");
    for (StageOutcome outcome : outcomes) {
      Events.measurements(outcome.getReport().getMetrics()).stream()
          .filter(each -> each.name().equals("accuracy"))
          .forEach(
              each ->
                  table.row(
                      KindNames.of(outcome.getKind(), outcome.getKindName()),
                      each.text(each.before()),
                      each.text(each.after()),
                      String.format(
                          Locale.ROOT,
                          "%.1f",
                          outcome.getReport().getCost().getWallMillis() / 1000.0)));
    }
    return table.toString();
  }

  private static Result published(Run run, PrunedModel event) {
    List<Measurement> measured =
        Events.measurements(event.getMetrics()).stream()
            .filter(each -> FIGURES.contains(each.name()))
            .sorted(java.util.Comparator.comparingInt(each -> FIGURES.indexOf(each.name())))
            .toList();
    String model = event.getModelName() + "@" + event.getModelVersion();
    String policy = event.getPolicyName() + "#" + event.getPolicyGeneration();
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("runId", event.getRunId())
            .put("state", run.getState().name())
            .put("model", model)
            .put("policy", policy);
    json.set("before", Measurement.before(measured));
    json.set("after", Measurement.after(measured));
    json.putObject("artifact")
        .put("uri", event.getArtifact().getUri())
        .put("rootDigest", event.getArtifact().getRootDigest())
        .put("report", event.getArtifact().getUri() + "report.html");
    json.set("stages", Events.stages(event.getStages()));
    return Result.of(
        json,
        """

        %s, pruned by %s

        %s
        %s
        artifact     %s
        root digest  %s
        report       %sreport.html\
        """
            .formatted(
                model,
                policy,
                Measurement.table(measured),
                stages(event.getStages()),
                event.getArtifact().getUri(),
                event.getArtifact().getRootDigest(),
                event.getArtifact().getUri()));
  }
}
