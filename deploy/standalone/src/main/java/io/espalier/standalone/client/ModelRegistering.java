package io.espalier.standalone.client;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.ModelRegistered;
import io.espalier.event.Run;
import io.espalier.standalone.client.ForetoldRun.RunOutcome;
import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.client.topic.Cluster;
import io.espalier.standalone.client.topic.TopicReader;
import io.espalier.standalone.client.topic.UnreachableException;
import io.espalier.standalone.model.OpenedModel;
import io.espalier.standalone.model.Registration;
import io.espalier.standalone.report.Figures;
import io.espalier.standalone.report.Narration;
import io.espalier.standalone.report.Result;
import io.espalier.worker.algorithm.search.Cost;
import io.espalier.worker.domain.InvalidInputException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Registers a model version and says what comes of it. */
public final class ModelRegistering {
  /**
   * Request to register.
   *
   * @param registration the model version
   * @param dryRun whether it is only said what would come of it
   * @param requireMatch whether it is refused if no policy is for it
   * @param limit how long to wait for the runs to end, if they are waited for
   */
  public record Request(
      Registration registration, boolean dryRun, boolean requireMatch, Optional<Duration> limit) {}

  private final Request request;
  private final ModelRegistered event;
  private final OpenedModel model;

  private ModelRegistering(Request request) {
    this.request = request;
    event = request.registration().event(Instant.now());
    model = OpenedModel.open(request.registration().directory());
  }

  /**
   * Registers a model version, after it has been opened and digested.
   *
   * @return with exit code 0 where it is registered; where its runs are waited for that of their
   *     ends
   * @throws InvalidInputException with every problem; also if the version is known with other
   *     content, or a match is required and there is none
   * @throws UnreachableException if the system is not there
   */
  public static Result run(Address address, Request request, Narration narration) {
    var registering = new ModelRegistering(request);
    try (Cluster cluster = Cluster.connect(address).requireSetUp()) {
      return registering.run(cluster, narration);
    }
  }

  private Result run(Cluster cluster, Narration narration) {
    RegistrationOutlook outlook = RegistrationOutlook.of(cluster, event);
    if (request.requireMatch() && outlook.matches().isEmpty()) {
      throw new InvalidInputException(unmatched(outlook));
    }
    if (request.dryRun()) {
      return result(outlook, List.of());
    }
    List<String> ids = outlook.matches().stream().map(ForetoldRun::runId).toList();
    if (request.limit().isEmpty() || ids.isEmpty()) {
      Publishing.publish(cluster, event);
      return result(outlook, List.of());
    }
    List<RunEnd> ends =
        RunEnd.of(cluster, ids, await(cluster, outlook, request.limit().get(), narration));
    return result(outlook, ends).withExitCode(RunEnd.exitCode(ends));
  }

  private Map<String, Run> await(
      Cluster cluster, RegistrationOutlook outlook, Duration limit, Narration narration) {
    Set<String> ids =
        outlook.matches().stream().map(ForetoldRun::runId).collect(Collectors.toSet());
    Set<String> beginAnew =
        outlook.matches().stream()
            .filter(match -> match.outcome() == RunOutcome.BEGINS_ANEW)
            .map(ForetoldRun::runId)
            .collect(Collectors.toSet());
    try (TopicReader<Run> reader = cluster.read(cluster.topics().runs())) {
      var wait = new RunWait(RunWait.source(reader), ids, beginAnew, narration);
      Publishing.publish(cluster, event);
      narration.say("registered " + Registrations.id(event));
      outlook.warnings().forEach(warning -> narration.say("warning: " + warning));
      return wait.await(limit);
    }
  }

  private Result result(RegistrationOutlook outlook, List<RunEnd> ends) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    Cost cost = model.cost();
    json.put("model", Registrations.id(event))
        .put("dryRun", request.dryRun())
        .put("artifactUri", event.getArtifactUri())
        .put("rootDigest", event.getRootDigest())
        .put("listingDigest", event.getListingDigest())
        .put("task", event.getTask())
        .put("family", event.getFamily())
        .put("parameters", cost.parameters())
        .put("flops", cost.flops())
        .put("bytes", cost.bytes());
    outlook.addTo(json);
    List<String> warnings = warnings(outlook);
    warnings.forEach(json.putArray("warnings")::add);
    if (!ends.isEmpty()) {
      var nodes = json.putArray("runs");
      ends.forEach(end -> nodes.add(end.json()));
    }
    var text = new StringBuilder(headline(outlook)).append('\n').append(outlook.text());
    warnings.forEach(warning -> text.append("\nwarning: ").append(warning));
    ends.forEach(end -> text.append('\n').append(end.words()));
    return Result.of(json, text.toString())
        .withNames(outlook.matches().stream().map(ForetoldRun::runId).toList());
  }

  private List<String> warnings(RegistrationOutlook outlook) {
    List<String> warnings = new ArrayList<>(outlook.warnings());
    if (!model.task().equals(event.getTask())) {
      warnings.add(
          "it is registered for the task '%s', but its files are those of a model for %s; policies select by the former"
              .formatted(event.getTask(), model.task()));
    }
    return warnings;
  }

  private String headline(RegistrationOutlook outlook) {
    Cost cost = model.cost();
    String known = outlook.before().isPresent() ? " again, with the content that it has had" : "";
    return "%s %s%s%n  %s for %s: %s parameters, %s FLOPs, %s bytes%n  root digest %s"
        .formatted(
            request.dryRun() ? "dry run, nothing is registered:" : "registered",
            Registrations.id(event),
            known,
            event.getFamily(),
            event.getTask(),
            Figures.count(cost.parameters()),
            Figures.count(cost.flops()),
            Figures.count(cost.bytes()),
            event.getRootDigest());
  }

  private static List<String> unmatched(RegistrationOutlook outlook) {
    List<String> problems = new ArrayList<>();
    problems.add(
        "no policy matches %s, and a match is required; nothing was registered"
            .formatted(Registrations.id(outlook.event())));
    for (PolicyVerdict other : outlook.others()) {
      other
          .missed()
          .ifPresent(missed -> problems.add("policy '%s': %s".formatted(other.name(), missed)));
    }
    return problems;
  }
}
