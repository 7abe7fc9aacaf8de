package io.espalier.schemas.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Reads YAML, of which JSON is a part, into JSON trees that know their lines.
 *
 * <p>Only what JSON can say is read: no tags, no keys but texts, no field twice, no cycles. Scalars
 * follow the core schema of YAML 1.2, so that {@code on}, {@code 010} and {@code 1:30} are texts
 * and {@code 1e-3} is a number.
 */
final class DocumentReader {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int DEEPEST = 50;

  /** Far more than anybody writes; aliases of aliases multiply. */
  private static final int MOST_VALUES = 100_000;

  private final String source;
  private final List<PolicyProblem> problems = new ArrayList<>();
  private final Set<Node> open = Collections.newSetFromMap(new IdentityHashMap<>());
  private Map<String, Integer> lines = new HashMap<>();
  private int values;

  DocumentReader(String source) {
    this.source = source;
  }

  /** Every problem of what was read. */
  List<PolicyProblem> problems() {
    return List.copyOf(problems);
  }

  /** The documents of a text; those after one that is not YAML are not reached. */
  List<Document> read(String text) {
    var documents = new ArrayList<Document>();
    var options = new LoaderOptions();
    options.setNestingDepthLimit(DEEPEST);
    // Nothing is made from tags here; they are refused below, with the field that has them.
    options.setTagInspector(tag -> true);
    try {
      for (Node node : new Yaml(options).composeAll(new StringReader(text))) {
        lines = new HashMap<>();
        JsonNode root = tree(node, "");
        if (!root.isNull()) {
          documents.add(new Document(source, root, lines));
        }
      }
    } catch (MarkedYAMLException broken) {
      problem(lineOf(broken), "", "is not YAML: " + reason(broken));
    } catch (YAMLException broken) {
      problem(0, "", "is not YAML: " + broken.getMessage());
    }
    if (documents.isEmpty() && problems.isEmpty()) {
      problem(0, "", "holds no policy; wanted a document of kind PruningPolicy");
    }
    return documents;
  }

  private JsonNode tree(Node node, String pointer) {
    if (++values > MOST_VALUES) {
      if (values == MOST_VALUES + 1) {
        problem(node, pointer, "is one of more than %,d values; write less".formatted(MOST_VALUES));
      }
      return JSON.nullNode();
    }
    lines.putIfAbsent(pointer, node.getStartMark().getLine() + 1);
    if (!open.add(node)) {
      problem(node, pointer, "contains itself by an alias; write it out");
      return JSON.nullNode();
    }
    try {
      if (node instanceof MappingNode mapping) {
        return object(mapping, pointer);
      }
      return node instanceof SequenceNode sequence
          ? array(sequence, pointer)
          : scalar((ScalarNode) node, pointer);
    } finally {
      open.remove(node);
    }
  }

  private JsonNode object(MappingNode mapping, String pointer) {
    requirePlain(mapping, Tag.MAP, pointer);
    var object = JSON.objectNode();
    for (NodeTuple field : mapping.getValue()) {
      Optional<String> name = name(field.getKeyNode(), pointer);
      if (name.isEmpty()) {
        continue;
      }
      String at = pointer + Document.step(name.get());
      if (object.has(name.get())) {
        problem(field.getKeyNode(), at, "is given twice; the first is in line " + lines.get(at));
        continue;
      }
      lines.put(at, field.getKeyNode().getStartMark().getLine() + 1);
      object.set(name.get(), tree(field.getValueNode(), at));
    }
    return object;
  }

  private Optional<String> name(Node key, String pointer) {
    if (key instanceof ScalarNode scalar && !scalar.getTag().equals(Tag.MERGE)) {
      return Optional.of(scalar.getValue());
    }
    problem(key, pointer, "has a field whose name is not a text; write plain field names");
    return Optional.empty();
  }

  private JsonNode array(SequenceNode sequence, String pointer) {
    requirePlain(sequence, Tag.SEQ, pointer);
    var array = JSON.arrayNode();
    for (Node item : sequence.getValue()) {
      array.add(tree(item, pointer + "/" + array.size()));
    }
    return array;
  }

  private JsonNode scalar(ScalarNode scalar, String pointer) {
    if (!scalar.getTag().getValue().startsWith(Tag.PREFIX)) {
      requirePlain(scalar, Tag.STR, pointer);
    }
    return scalar.isPlain() ? Scalars.plain(scalar.getValue()) : JSON.textNode(scalar.getValue());
  }

  private void requirePlain(Node node, Tag wanted, String pointer) {
    if (!node.getTag().equals(wanted)) {
      problem(node, pointer, "has the tag %s; remove it".formatted(node.getTag().getValue()));
    }
  }

  private void problem(Node node, String pointer, String message) {
    problem(node.getStartMark().getLine() + 1, Document.readable(pointer), message);
  }

  private void problem(int line, String path, String message) {
    problems.add(new PolicyProblem(source, line, path, message));
  }

  private static int lineOf(MarkedYAMLException broken) {
    return broken.getProblemMark() == null ? 0 : broken.getProblemMark().getLine() + 1;
  }

  private static String reason(MarkedYAMLException broken) {
    return broken.getContext() == null
        ? broken.getProblem()
        : broken.getContext() + ", " + broken.getProblem();
  }
}
