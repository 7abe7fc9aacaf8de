package io.espalier.standalone.client;

import io.espalier.event.ModelRegistered;
import io.espalier.event.PolicyMatch;
import io.espalier.event.PruningPolicy;
import io.espalier.schemas.policy.Policy;
import io.espalier.schemas.policy.PolicyFile;
import java.util.List;
import java.util.Map;

/** Policies and registrations to test with. */
final class SamplePolicy {
  private static final String DOCUMENT =
      """
      apiVersion: espalier.io/v1
      kind: PruningPolicy
      metadata: { name: %s }
      spec:
        match: {}
        stages: [ { prune: { algorithm: fastnas, constraints: { flops: %s } } } ]
      """;

  private SamplePolicy() {}

  /** A policy for all models, as it is written. */
  static Policy written(String name, String flops) {
    return PolicyFile.parse(name, DOCUMENT.formatted(name, flops)).orThrow().get(0);
  }

  /** A policy that is in force. */
  static PruningPolicy published(String name, long generation) {
    return written(name, "60%").toAvro(generation);
  }

  /** A policy in force for models whose names are like a pattern. */
  static PruningPolicy forNames(String name, String pattern) {
    PruningPolicy policy = published(name, 1_790_000_000_000L);
    policy.setMatch(new PolicyMatch(null, List.of(pattern), List.of(), Map.of()));
    return policy;
  }

  /** A registration of an image classifier. */
  static ModelRegistered registered(String name, String version, String rootDigest) {
    return ModelRegistered.newBuilder()
        .setName(name)
        .setVersion(version)
        .setArtifactUri("file:///models/" + name + "/")
        .setRootDigest(rootDigest)
        .setTask("image-classification")
        .setFamily("resnet")
        .setDatasets(Map.of("eval", "file:///data?split=test"))
        .setLabels(Map.of("tier", "edge"))
        .setRegisteredAt(SampleRun.NOON)
        .build();
  }
}
