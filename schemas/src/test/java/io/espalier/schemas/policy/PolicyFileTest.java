package io.espalier.schemas.policy;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.espalier.event.Gate;
import io.espalier.event.GateRule;
import io.espalier.event.OnGateFailure;
import io.espalier.event.PolicyMatch;
import io.espalier.event.PruningPolicy;
import io.espalier.event.StageKind;
import io.espalier.event.StageSpec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyFileTest {
  private static final String MINIMAL =
      """
      apiVersion: espalier.io/v1
      kind: PruningPolicy
      metadata: { name: edge-vision }
      spec:
        match: {}
        stages:
          - prune: { algorithm: fastnas, constraints: { flops: 60% } }
      """;

  private static final String FULL =
      """
      apiVersion: espalier.io/v1
      kind: PruningPolicy
      metadata: { name: edge-vision }
      spec:
        match:
          task: image-classification
          names: [ "resnet*" ]
          families: [ resnet ]
          labels: { tier: edge, generation: "3" }
        data: { eval: "file:///data/cifar10?split=test" }
        stages:
          - prune:
              constraints: { parameters: 1.2e5, flops: 60% }
              channelDivisor: 8
              algorithm: fastnas
          - evaluate: {}
        gates:
          - { metric: accuracy, maxDegradation: 0.01 }
          - { metric: loss, percentMaxDegradation: 5 }
          - { metric: accuracy, threshold: 9e-1 }
          - { minSpeedup: 1.5 }
          - { maxBytes: 1000000 }
        onGateFailure: publish
        placement: { pool: gpu, priority: 5 }
        retries: { attempts: 4, backoff: 90s }
        deadline: 2h
        queueTimeout: 3d
        seed: 7
        maxGeneration: 1
      """;

  @Test
  void a_full_policy_becomes_the_event_with_everything_it_says() {
    PruningPolicy event = PolicyFile.parse("full.yaml", FULL).orThrow().get(0).toAvro(3);

    assertThat(event)
        .isEqualTo(
            new PruningPolicy(
                "edge-vision",
                3L,
                new PolicyMatch(
                    "image-classification",
                    List.of("resnet*"),
                    List.of("resnet"),
                    Map.of("tier", "edge", "generation", "3")),
                Map.of("eval", "file:///data/cifar10?split=test"),
                List.of(
                    new StageSpec(
                        StageKind.PRUNE,
                        "{\"algorithm\":\"fastnas\",\"channelDivisor\":8,"
                            + "\"constraints\":{\"flops\":\"60%\",\"parameters\":120000}}",
                        ""),
                    new StageSpec(StageKind.EVALUATE, "{}", "")),
                List.of(
                    new Gate("accuracy", GateRule.MAX_DEGRADATION, 0.01),
                    new Gate("loss", GateRule.PERCENT_MAX_DEGRADATION, 5.0),
                    new Gate("accuracy", GateRule.THRESHOLD, 0.9),
                    new Gate("latencyMillis", GateRule.MIN_SPEEDUP, 1.5),
                    new Gate("bytes", GateRule.MAX_BYTES, 1e6)),
                OnGateFailure.PUBLISH,
                "gpu",
                5,
                4,
                90_000L,
                7_200_000L,
                7L,
                1,
                259_200_000L));
  }

  @Test
  void what_a_policy_selects_by_is_text_that_a_model_can_have() {
    String hidden =
        """
        match:
            task: "image\\u202Eclassification"
            names: [ "resnet*", "acme\\u0000*" ]
            labels: { tier: "edge\\u200B", "": x }\
        """;
    String text = MINIMAL.replace("match: {}", hidden);

    assertThatThrownBy(() -> PolicyFile.parse("hidden.yaml", text).orThrow())
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("a task must have no control")
        .hasMessageContaining("found U+202E")
        .hasMessageContaining("a name must have no control")
        .hasMessageContaining("the value of a label must have no control")
        .hasMessageContaining("a label's name must not be empty");
  }

  @Test
  void a_label_may_be_selected_by_a_name_with_slashes_as_models_may_have_it() {
    String text = MINIMAL.replace("match: {}", "match: { labels: { acme.io/tier: edge } }");

    assertThat(PolicyFile.parse("labels.yaml", text).orThrow().get(0).toAvro(1).getMatch())
        .isEqualTo(new PolicyMatch(null, List.of(), List.of(), Map.of("acme.io/tier", "edge")));
  }

  @Test
  void a_stream_is_read_as_a_file_is() {
    var sound = new ByteArrayInputStream(MINIMAL.getBytes(UTF_8));
    var binary = new ByteArrayInputStream(new byte[] {(byte) 0xff, (byte) 0xfe});

    assertThat(PolicyFile.read("standard input", sound).orThrow())
        .extracting(Policy::name)
        .containsExactly("edge-vision");
    assertThat(PolicyFile.read("standard input", binary).problems())
        .extracting(PolicyProblem::toString)
        .containsExactly("standard input: is not UTF-8 text");
  }

  @Test
  void several_files_are_taken_together_with_all_their_problems() {
    Policies one = PolicyFile.parse("one.yaml", MINIMAL);
    Policies other = PolicyFile.parse("other.yaml", MINIMAL.replace("edge-vision", "edge-text"));
    Policies broken = PolicyFile.parse("broken.yaml", MINIMAL.replace("60%", "160%"));

    assertThat(Policies.together(List.of(one, other)).orThrow())
        .extracting(Policy::name)
        .containsExactly("edge-vision", "edge-text");
    assertThat(Policies.together(List.of(one, broken, other, one)).problems())
        .extracting(PolicyProblem::source)
        .containsExactly("broken.yaml", "one.yaml");
    assertThat(Policies.together(List.of(one, one)).problems())
        .extracting(PolicyProblem::toString)
        .containsExactly(
            "one.yaml: the policy 'edge-vision' is in another of these files too; give each name"
                + " once");
  }

  @Test
  void what_a_policy_leaves_out_has_the_defaults_of_the_event() {
    PruningPolicy event = PolicyFile.parse("minimal.yaml", MINIMAL).orThrow().get(0).toAvro(1);

    PruningPolicy defaults =
        PruningPolicy.newBuilder()
            .setName("edge-vision")
            .setGeneration(1)
            .setMatch(PolicyMatch.newBuilder().build())
            .setStages(event.getStages())
            .build();
    assertThat(event).isEqualTo(defaults);
  }

  @Test
  void the_same_policy_in_json_says_the_same() {
    String json =
        """
        {"kind": "PruningPolicy", "apiVersion": "espalier.io/v1",
         "spec": {"stages": [{"prune": {"constraints": {"flops": "60%"}, "algorithm": "fastnas"}}],
                  "match": {}},
         "metadata": {"name": "edge-vision"}}
        """;

    Policy fromJson = PolicyFile.parse("policy.json", json).orThrow().get(0);

    Policy fromYaml = PolicyFile.parse("policy.yaml", MINIMAL).orThrow().get(0);
    assertThat(fromJson.toAvro(1)).isEqualTo(fromYaml.toAvro(1));
    assertThat(fromJson.says(fromYaml.toAvro(9))).isTrue();
    assertThat(fromJson.says(PolicyFile.parse("full.yaml", FULL).orThrow().get(0).toAvro(9)))
        .isFalse();
  }

  @Test
  void a_file_may_hold_several_policies_but_each_name_once() {
    String other = MINIMAL.replace("edge-vision", "other");

    Policies two = PolicyFile.parse("two.yaml", MINIMAL + "---\n" + other);
    Policies twice = PolicyFile.parse("twice.yaml", MINIMAL + "---\n" + MINIMAL);

    assertThat(two.orThrow()).extracting(Policy::name).containsExactly("edge-vision", "other");
    assertThat(twice.problems())
        .containsExactly(
            new PolicyProblem(
                "twice.yaml",
                11,
                "metadata.name",
                "the policy 'edge-vision' is already in line 3; a file holds each name once"));
  }

  @Test
  void a_pattern_with_more_wildcards_than_the_coordinator_takes_is_refused_with_its_line() {
    String most = "*a".repeat(8) + "?b".repeat(8);
    String names =
        """
        match:
            names:
              - "%s"
              - "%s"\
        """;

    Policies policies =
        PolicyFile.parse(
            "policy.yaml", MINIMAL.replace("match: {}", names.formatted(most, most + "*")));

    assertThat(policies.problems())
        .containsExactly(
            new PolicyProblem(
                "policy.yaml",
                8,
                "spec.match.names[1]",
                "a name may have at most 16 wildcards, found 17"));
  }

  @Test
  void all_problems_of_a_file_are_reported_at_once_each_with_line_and_path() {
    String bad =
        """
        apiVersion: espalier.io/v1
        kind: PruningPolicy
        metadata: { name: edge-vision }
        spec:
          match:
            familys: [ resnet ]
          stages:
            - prune:
                algorithm: fastnas
                constraints:
                  flops: 160%
                  parameters: -5
          gates:
            - metric: accuracy
              maxDegradation: 1.5
          deadline: soon
        """;

    Policies policies = PolicyFile.parse("bad.yaml", bad);

    assertThat(policies.policies()).isEmpty();
    assertThat(policies.problems())
        .extracting(problem -> problem.line() + " " + problem.path())
        .containsExactly(
            "6 spec.match.familys",
            "11 spec.stages[0].prune.constraints.flops",
            "12 spec.stages[0].prune.constraints.parameters",
            "15 spec.gates[0].maxDegradation",
            "16 spec.deadline");
    assertThat(policies.problems().get(0))
        .hasToString(
            "bad.yaml:6: spec.match.familys: unknown field; the fields here are task, names,"
                + " families, labels");
    assertThatThrownBy(policies::orThrow)
        .isInstanceOf(InvalidPolicyException.class)
        .hasMessageContaining("found \"160%\"")
        .hasMessageContaining("found \"soon\"");
  }

  @Test
  void every_key_of_a_prune_stage_can_be_said() {
    String prune =
        "prune: { algorithm: fastnas, objective: max, score: agreement, importance: taylor,"
            + " constraints: { flops: 60%, parameters: 1e5, bytes: 90%, latency: 4.5ms },"
            + " channelDivisor: 8, calibrationBatches: 4, batchSize: 32, scoreImages: 64,"
            + " activationMebibytes: 0, reconstruct: off, layers: [ { match: 'layer3.*', exclude:"
            + " true }, { match: '*.conv1', channelDivisor: 16, ratios: [0.5, 1] } ] }";
    String text = MINIMAL.replaceFirst("prune: .*", prune);

    String spec =
        PolicyFile.parse("p.yaml", text).orThrow().get(0).toAvro(1).getStages().get(0).getSpec();

    assertThat(spec)
        .contains("\"latency\":\"4.5ms\"")
        .contains("\"objective\":\"max\"")
        .contains("\"ratios\":[0.5,1]")
        .contains("\"activationMebibytes\":0")
        .contains("\"reconstruct\":\"off\"");
  }

  @Test
  void every_key_of_a_quantize_stage_can_be_said() {
    String said =
        "{ format: int4, group: 64, symmetric: false, target: vllm, ignore: [ lm_head,"
            + " \"re:.*gate\" ], maxLength: 64, stride: 8 }";
    String text =
        MINIMAL.replace(
            "prune: { algorithm: fastnas, constraints: { flops: 60% } }", "quantize: " + said);

    String spec =
        PolicyFile.parse("p.yaml", text).orThrow().get(0).toAvro(1).getStages().get(0).getSpec();

    assertThat(spec)
        .isEqualTo(
            "{\"format\":\"int4\",\"group\":64,\"ignore\":[\"lm_head\",\"re:.*gate\"],\"maxLength\":64,"
                + "\"stride\":8,\"symmetric\":false,\"target\":\"vllm\"}");
  }

  @Test
  void every_key_of_a_prune_stage_by_minitron_can_be_said() {
    String common =
        "prune: { algorithm: minitron, hiddenDivisor: 64, neuronDivisor: 128, expertDivisor: 8,"
            + " headDivisor: 1, groupDivisor: 1, layerDivisor: 2, topK: 5, score: kl, depth:"
            + " contiguous, sequenceAggregation: mean, batchAggregation: l2, importance:"
            + " activation, loaders: stock, shardSize: 5GB, batches: 16, batchSize: 4, maxLength:"
            + " 512, activationMebibytes: 0, ";
    String searched =
        "constraints: { parameters: 70%, memory: 8e9, flopsPerToken: 90%, bytes: 1e9,"
            + " latency: 70%,"
            + " sequenceLength: 4096, batchSize: 2 }, maxWidthPruning: 0.5, maxDepthPruning: 0,"
            + " perLayer: false }";
    String sized =
        "export: { hidden_size: 3072, ffn_hidden_size: 9216, num_layers: 16, num_moe_experts: 96,"
            + " moe_ffn_hidden_size: 512 } }";
    String ofExperts =
        "export: { num_experts: 96, num_local_experts: 6, moe_intermediate_size: 512,"
            + " shared_expert_intermediate_size: 2816 } }";
    Map<String, String> last =
        Map.of(
            searched, "\"sequenceLength\":4096",
            sized, "\"moe_ffn_hidden_size\":512",
            ofExperts, "\"num_experts\":96");

    for (String rest : List.of(searched, sized, ofExperts)) {
      String text = MINIMAL.replaceFirst("prune: .*", common + rest);
      String spec =
          PolicyFile.parse("p.yaml", text).orThrow().get(0).toAvro(1).getStages().get(0).getSpec();
      assertThat(spec)
          .contains("\"depth\":\"contiguous\"")
          .contains("\"shardSize\":\"5GB\"")
          .contains("\"expertDivisor\":8")
          .contains(last.get(rest));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          { match: "x" }                                      | layers[0]                | match
          { match: "x", divisor: 3 }                          | layers[0]                | unknown field
          { match: "x", ratios: [0, 0.5] }                    | layers[0].ratios[0]      | above 0
          { match: "x", exclude: "never" }                    | layers[0].exclude        | Whether
          """)
  void rules_for_layers_that_say_nothing_or_nonsense_are_refused(
      String rule, String where, String message) {
    String text =
        MINIMAL.replace(
            "algorithm: fastnas,", "algorithm: fastnas, layers: [ %s ],".formatted(rule));

    assertThat(PolicyFile.parse("p.yaml", text).problems())
        .anySatisfy(problem -> assertThat(problem.toString()).contains(where, message));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          flops: 60%          | flops: 0%             | constraints.flops      | above 0%
          flops: 60%          | flops: 100.5%         | constraints.flops      | at most 100%
          flops: 60%          | flops: -3%            | constraints.flops      | above 0%
          flops: 60%          | flops: 60 percent     | constraints.flops      | such as 60%
          flops: 60%          | flops: 0              | constraints.flops      | above 0
          flops: 60%          | flops: [ 60% ]        | constraints.flops      | a number above 0
          flops: 60%          | macs: 60%             | constraints.macs       | unknown field
          flops: 60%          | latency: 0ms          | constraints.latency    | such as 5ms
          flops: 60%          | latency: 120%         | constraints.latency    | such as 70%
          flops: 60%          | latency: 5s           | constraints.latency    | such as 5ms
          flops: 60%          |                       | prune.constraints      | at least one field
          algorithm: fastnas  | algorithm: autonas    | prune.algorithm        | one of fastnas, gradnas, minitron in this version
          algorithm: fastnas  | algorithm: gradnas, score: loss | prune.score  | said to fastnas and minitron, not to gradnas
          algorithm: fastnas  | algorithm: minitron, stride: 4 | prune.stride  | said to gradnas, not to minitron
          algorithm: fastnas  | algorithm: minitron, score: accuracy | prune.score | one of kl, loss for minitron
          algorithm: fastnas  | algorithm: minitron, importance: taylor | prune.importance | one of activation, contribution, residual for minitron
          algorithm: fastnas  | algorithm: fastnas, importance: activation | prune.importance | one of batchnorm-scale, consumer-norm, geometric-median, taylor for fastnas
          algorithm: fastnas  | algorithm: minitron, export: { num_layers: 2 } | stages[0].prune | either constraints or export; found both
          algorithm: fastnas, constraints: { flops: 60% } | algorithm: minitron | stages[0].prune | either constraints or export; found neither
          algorithm: fastnas, constraints: { flops: 60% } | algorithm: gradnas | stages[0].prune | 'constraints' is missing
          algorithm: fastnas, constraints: { flops: 60% } | algorithm: minitron, export: { width: 2 } | export.width | unknown field
          flops: 60%          | memory: 60%           | constraints.memory     | said to minitron, not to fastnas
          flops: 60%          | flopsPerToken: 60%    | constraints.flopsPerToken | said to gradnas and minitron, not to fastnas
          algorithm: fastnas  | algorithm: fastnas, output: uniform | prune.output | said to gradnas, not to fastnas
          algorithm: fastnas, |                       | stages[0].prune        | 'algorithm' is missing
          - prune             | - export              | stages[0].export       | not part of this version
          prune: { algorithm: fastnas, constraints: { flops: 60% } } | quantize: {} | stages[0].quantize | 'format' is missing
          prune: { algorithm: fastnas, constraints: { flops: 60% } } | quantize: { format: int3 } | quantize.format | must be one of
          prune: { algorithm: fastnas, constraints: { flops: 60% } } | quantize: { format: int4, group: 48 } | quantize.group | 128
          prune: { algorithm: fastnas, constraints: { flops: 60% } } | quantize: { format: int8, group: 32 } | quantize.group | goes with format: int4 alone
          prune: { algorithm: fastnas, constraints: { flops: 60% } } | quantize: { format: fp8, symmetric: false } | quantize.symmetric | fp8 has no zero points
          prune: { algorithm: fastnas, constraints: { flops: 60% } } | quantize: { format: int8, symmetric: false, target: vllm } | quantize.symmetric | target: vllm multiplies int8 weights without zero points
          match: {}           | match: { when: "1" }  | match.when             | not part of this version
          match: {}           | match: []             | spec.match             | a group of fields
          match: {}           | match: { names: [] }  | match.names            | not empty
          match: {}           | match: { labels: { a: 1 } } | match.labels.a   | quote what looks like a number
          match: {}           | match: {}\\n  matches: {} | spec.matches          | unknown field
          name: edge-vision   | name: Edge            | metadata.name          | lower-case
          name: edge-vision   | title: edge           | metadata               | 'name' is missing
          espalier.io/v1      | espalier.io/v2        | apiVersion             | must be espalier.io/v1
          kind: PruningPolicy | kind: Policy          | kind                   | must be PruningPolicy
          """)
  void a_bad_field_is_named_with_what_was_wanted(
      String good, String bad, String path, String message) {
    String replacement = bad == null ? "" : bad.replace("\\n", "\n");
    String text = MINIMAL.replace(good, replacement);

    Policies policies = PolicyFile.parse("bad.yaml", text);

    assertThat(policies.problems())
        .as(text)
        .anySatisfy(
            problem -> {
              assertThat(problem.path()).endsWith(path);
              assertThat(problem.message()).contains(message);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          data: { calibration: /data/cifar10 }                  | spec.data.calibration  | a URI with a scheme
          data: { eval: "file:data" }                           | spec.data.eval         | absolute path
          data: { eval: "file://data/cifar10" }                 | spec.data.eval         | absolute path
          data: { eval: "file:///a b" }                         | spec.data.eval         | is not a URI
          data: { test: "file:///data" }                        | spec.data.test         | unknown field
          gates: [ { metric: accuracy } ]                       | spec.gates[0]          | exactly one of
          gates: [ { maxDegradation: 0.1 } ]                    | spec.gates[0]          | exactly one of
          gates: [ { metric: bytes, threshold: 1, maxBytes: 2 } ]   | spec.gates[0]          | exactly one of
          gates: [ { metric: loss, maxDegradation: -1 } ]       | spec.gates[0].maxDegradation | at least 0
          gates: [ { metric: loss, percentMaxDegradation: 101 } ]  | spec.gates[0].percentMaxDegradation | at most 100
          gates: [ { metric: accuracy, threshold: 90 } ]        | spec.gates[0].threshold | between 0 and 1
          gates: [ { metric: accuracy, minSpeedup: 2 } ]        | spec.gates[0].metric   | looks at 'latencyMillis'
          gates: [ { metric: accuracyy, maxDegradation: 0.01 } ] | spec.gates[0].metric  | gates can be on accuracy, agreement, bytes, flops, latencyMillis, loss, parameters
          gates: [ { minSpeedup: 0 } ]                          | spec.gates[0].minSpeedup | above 0
          gates: [ { maxBytes: 1.5 } ]                          | spec.gates[0].maxBytes | a whole number
          gates: [ { maxBytes: 1 }, { maxBytes: 2 } ]           | spec.gates[1]          | another gate
          onGateFailure: ignore                                 | spec.onGateFailure     | one of reject, publish
          onGateFailure: { relax: { factor: 2 } }               | spec.onGateFailure     | not part of this version
          placement: { pool: "a/b" }                            | spec.placement.pool    | a topic's name
          placement: { priority: high }                         | spec.placement.priority | a whole number
          placement: { needs: cuda }                            | spec.placement.needs   | unknown field
          retries: { attempts: 0 }                              | spec.retries.attempts  | at least 1
          retries: { backoff: 30 }                              | spec.retries.backoff   | such as 30s
          retries: { backoff: 0s }                              | spec.retries.backoff   | above 0
          deadline: 1:30                                        | spec.deadline          | such as 30s
          seed: 9223372036854775808                             | spec.seed              | at most
          maxGeneration: -1                                     | spec.maxGeneration     | at least 0
          """)
  void a_bad_part_of_the_specification_is_named_with_what_was_wanted(
      String part, String path, String message) {
    Policies policies = PolicyFile.parse("bad.yaml", MINIMAL + "  " + part + "\n");

    assertThat(policies.problems())
        .singleElement()
        .satisfies(
            problem -> {
              assertThat(problem.line()).isEqualTo(8);
              assertThat(problem.path()).isEqualTo(path);
              assertThat(problem.message()).contains(message);
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          evaluate: {}                        | { metric: accuracy, threshold: 0.9 }       |
          evaluate: {}                        | { metric: accuracy, maxDegradation: 0.1 }  | use threshold
          evaluate: {}                        | { metric: agreement, threshold: 0.9 }      | no stage measures 'agreement'
          evaluate: {}                        | { metric: similarity, threshold: 0.9 }     | no stage measures 'similarity'
          evaluate: { maxLength: 384 }        | { metric: exactMatch, threshold: 0.8 }     |
          evaluate: {}                        | { metric: f1Micro, threshold: 0.8 }        |
          evaluate: {}                        | { metric: f1Macro, threshold: 0.8 }        |
          evaluate: {}                        | { metric: meanSquaredError, threshold: 1 } |
          evaluate: {}                        | { metric: pearson, threshold: 0.8 }        |
          evaluate: { stride: 64 }            | { metric: perplexity, threshold: 20 }      |
          evaluate: {}                        | { minSpeedup: 2 }                          | use threshold
          evaluate: {}                        | { metric: latencyMillis, threshold: 5 }    |
          evaluate: { latencyRepetitions: 0 } | { metric: latencyMillis, threshold: 5 }    | no stage measures 'latencyMillis'
          evaluate: { latencyRepetitions: 0 } | { maxBytes: 5 }                            |
          """)
  void gates_of_a_policy_that_only_measures_are_on_what_it_measures(
      String stage, String gate, @Nullable String message) {
    String text = MINIMAL.replaceFirst("prune: .*", stage) + "  gates: [ %s ]\n".formatted(gate);

    List<PolicyProblem> problems = PolicyFile.parse("p.yaml", text).problems();

    if (message == null) {
      assertThat(problems).isEmpty();
    } else {
      assertThat(problems).singleElement().asString().contains("gates[0]", message);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          a: [1, 2                    | is not YAML
          a: 1\\na: 2                 | is given twice; the first is in line 1
          a: !!java.net.URL [x]       | has the tag
          a: &x [ *x ]                | contains itself
          ? [1, 2]\\n: 3              | name is not a text
          # nothing                   | holds no policy
          """)
  void what_is_not_plain_yaml_is_refused_with_its_line(String text, String message) {
    Policies policies = PolicyFile.parse("odd.yaml", text.replace("\\n", "\n"));

    assertThat(policies.problems())
        .extracting(PolicyProblem::message)
        .anyMatch(m -> m.contains(message));
  }

  @Test
  void aliases_of_aliases_that_multiply_are_refused_before_they_fill_the_memory() {
    var text = new StringBuilder("a0: &a0 [x, x]\n");
    for (int i = 1; i < 25; i++) { // SnakeYAML itself allows fifty aliases
      text.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }

    Policies policies = PolicyFile.parse("bomb.yaml", text.toString());

    assertThat(policies.problems())
        .extracting(PolicyProblem::message)
        .anyMatch(problem -> problem.contains("more than 100,000 values"));
  }

  @Test
  void a_file_that_is_not_there_or_not_text_is_a_problem(@TempDir Path directory)
      throws IOException {
    Path binary = Files.write(directory.resolve("binary"), new byte[] {(byte) 0xff, (byte) 0xfe});

    Policies missing = PolicyFile.read(directory.resolve("missing.yaml"));
    Policies unreadable = PolicyFile.read(binary);

    assertThat(missing.problems())
        .extracting(PolicyProblem::message)
        .containsExactly("there is no such file");
    assertThat(unreadable.problems())
        .extracting(PolicyProblem::message)
        .containsExactly("is not UTF-8 text");
  }

  @Test
  void a_directory_is_no_policy_file(@TempDir Path directory) {
    assertThat(PolicyFile.read(directory).problems())
        .singleElement()
        .asString()
        .contains("is a directory")
        .doesNotContain("Exception");
  }
}
