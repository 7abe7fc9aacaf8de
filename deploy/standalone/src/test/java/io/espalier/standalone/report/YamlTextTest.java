package io.espalier.standalone.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.event.PruningPolicy;
import io.espalier.schemas.policy.PolicyDocument;
import io.espalier.schemas.policy.PolicyFile;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;

class YamlTextTest {
  private static final String[] TEXTS = {
    "1e3",
    "1E-7",
    ".5",
    "0x1f",
    "0o7",
    "010",
    "1:30",
    "12",
    "-3",
    "+4",
    "1_000",
    ".inf",
    ".NaN",
    "yes",
    "No",
    "on",
    "OFF",
    "true",
    "False",
    "null",
    "~",
    "y",
    "N",
    "",
    " ",
    " a",
    "a ",
    "a: b",
    "a:",
    "#x",
    "a #b",
    "- x",
    "-",
    "?",
    "*x",
    "&a",
    "!t",
    "%x",
    "@x",
    "`x",
    "'",
    "\"",
    "\\",
    "é",
    "[a]",
    "{a}",
    "a,b",
    "---",
    "...",
    "60%",
    "60%x",
    "2026-01-01",
    "12:30:45",
    "<<",
    "=",
    "file:///data/a b?split=test&x=%20",
    "acme.io/tier",
    "x".repeat(200)
  };

  @Test
  void every_text_is_read_as_it_was_by_the_reader_of_policies_and_by_yaml_1_1() {
    Map<String, String> labels = new TreeMap<>();
    for (String text : TEXTS) {
      labels.put("label" + labels.size(), text);
    }
    PruningPolicy policy = policy(labels);

    String yaml = YamlText.of(PolicyDocument.of(policy));

    assertThat(PolicyFile.parse("labels.yaml", yaml).orThrow().get(0).says(policy)).isTrue();
    Map<String, Map<String, Map<String, Object>>> other = new Yaml().load(yaml);
    assertThat(other.get("spec").get("match").get("labels")).isEqualTo(labels);
  }

  @Test
  void names_that_mean_something_in_yaml_are_quoted_too() {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("on", 1).put("1e3", "x").put("plain-name", "60%");

    assertThat(YamlText.of(node)).isEqualTo("\"on\": 1\n\"1e3\": x\nplain-name: 60%\n");
  }

  @Test
  void a_list_is_written_as_a_stream_of_documents() {
    var list = JsonNodeFactory.instance.arrayNode();
    list.addObject().put("a", 1);
    list.addObject().put("b", 2.5);

    assertThat(Format.YAML.of(Result.of(list, ""))).isEqualTo("a: 1\n---\nb: 2.5");
  }

  private static PruningPolicy policy(Map<String, String> labels) {
    String text =
        """
        {apiVersion: espalier.io/v1, kind: PruningPolicy, metadata: {name: labels},
         spec: {match: {}, stages: [{evaluate: {}}]}}
        """;
    PruningPolicy policy = PolicyFile.parse("policy.yaml", text).orThrow().get(0).toAvro(1);
    policy.getMatch().setLabels(labels);
    return policy;
  }
}
