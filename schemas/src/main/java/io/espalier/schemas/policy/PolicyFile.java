package io.espalier.schemas.policy;

import io.espalier.schemas.stage.StageDeclarations;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A file of policies: one or more YAML documents, or JSON, of {@code apiVersion: espalier.io/v1}
 * and {@code kind: PruningPolicy}.
 */
public final class PolicyFile {
  private PolicyFile() {}

  /** Reads a file; one that cannot be read is a problem of its own. */
  public static Policies read(Path file) {
    String source = file.toString();
    if (Files.isDirectory(file)) {
      return unreadable(source, "is a directory; wanted a policy file, YAML or JSON");
    }
    try {
      return decode(source, Files.readAllBytes(file));
    } catch (NoSuchFileException missing) {
      return unreadable(source, "there is no such file");
    } catch (FileSystemException failed) {
      return unreadable(source, "cannot be read: " + because(failed));
    } catch (IOException failed) {
      return unreadable(source, "cannot be read: " + failed);
    }
  }

  /**
   * Reads a stream to its end, which is left open.
   *
   * @param source what to call it in problems
   */
  public static Policies read(String source, InputStream stream) {
    try {
      return decode(source, stream.readAllBytes());
    } catch (IOException failed) {
      return unreadable(source, "cannot be read: " + failed);
    }
  }

  /** The JSON schema of a document, as editors take it. */
  public static String schema() {
    return PolicySchema.text();
  }

  private static Policies decode(String source, byte[] bytes) {
    try {
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return parse(source, text.toString());
    } catch (CharacterCodingException binary) {
      return unreadable(source, "is not UTF-8 text");
    }
  }

  /**
   * Reads a text.
   *
   * @param source what to call it in problems
   * @param text YAML or JSON
   */
  public static Policies parse(String source, String text) {
    return parse(source, text, StageDeclarations.standard());
  }

  /**
   * Reads a text with other stages than those of this version.
   *
   * @param source what to call it in problems
   * @param text YAML or JSON
   * @param stages the kinds of stages that a policy may name
   */
  public static Policies parse(String source, String text, StageDeclarations stages) {
    PolicySchema schema = PolicySchema.of(stages);
    DocumentReader reader = new DocumentReader(source);
    List<Document> documents = reader.read(text);
    var problems = new ArrayList<>(reader.problems());
    var policies = new ArrayList<Policy>();
    for (Document document : documents) {
      List<PolicyProblem> found = schema.check(document);
      problems.addAll(found);
      problems.addAll(PolicyRules.check(document, stages));
      if (found.isEmpty()) {
        policies.add(Policy.of(document));
      }
    }
    problems.addAll(duplicates(documents));
    problems.sort(PolicyProblem.IN_ORDER);
    return new Policies(problems.isEmpty() ? policies : List.of(), problems);
  }

  private static String because(FileSystemException failed) {
    return failed instanceof AccessDeniedException
        ? "permission denied"
        : Objects.requireNonNullElse(failed.getReason(), "unknown reason");
  }

  private static Policies unreadable(String source, String why) {
    return new Policies(List.of(), List.of(new PolicyProblem(source, 0, "", why)));
  }

  private static List<PolicyProblem> duplicates(List<Document> documents) {
    var problems = new ArrayList<PolicyProblem>();
    Map<String, Integer> lines = new HashMap<>();
    for (Document document : documents) {
      String name = document.root().at("/metadata/name").asText();
      Integer first = lines.putIfAbsent(name, document.line("/metadata/name"));
      if (first != null && !name.isEmpty()) {
        problems.add(
            document.problem(
                "/metadata/name",
                "the policy '%s' is already in line %d; a file holds each name once"
                    .formatted(name, first)));
      }
    }
    return problems;
  }
}
