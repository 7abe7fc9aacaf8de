package io.espalier.worker.stage;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.espalier.worker.domain.ResourceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The model card of a model that was pruned: a README.md, which may begin with YAML between two
 * lines of {@code ---}.
 *
 * <p>The YAML is not parsed but taken by its keys at the beginning of lines, so that what is kept
 * is kept as it was written.
 *
 * @param text all of it
 * @param fields lines of the YAML by key, the line with the key first
 */
record ParentCard(String text, Map<String, List<String>> fields) {
  /** File of a card. */
  static final String FILE = "README.md";

  /** What a card has that was written here. */
  static final String MARK = "<!-- Written by Espalier -->";

  private static final int LARGEST = 1 << 20;
  private static final String FENCE = "---";
  private static final Pattern KEY = Pattern.compile("([A-Za-z_][\\w-]*):.*");
  private static final Pattern ITEM = Pattern.compile("\\s*-\\s+(.+)");
  private static final Pattern LIST = Pattern.compile("[\\w-]+:\\s*\\[(.*)]\\s*");

  /**
   * The card of a model, as much of it as cards have; empty if there is none.
   *
   * @throws ResourceException if it cannot be read
   */
  static Optional<ParentCard> of(Path model) {
    Path file = model.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return Optional.empty();
    }
    try (InputStream in = Files.newInputStream(file)) {
      String text = new String(in.readNBytes(LARGEST), UTF_8);
      return Optional.of(new ParentCard(text, fields(text.lines().toList())));
    } catch (IOException e) {
      throw new ResourceException("cannot read %s: %s".formatted(file, e), e);
    }
  }

  private static Map<String, List<String>> fields(List<String> lines) {
    var fields = new LinkedHashMap<String, List<String>>();
    if (lines.isEmpty() || !lines.get(0).strip().equals(FENCE)) {
      return fields;
    }
    List<String> field = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      if (line.strip().equals(FENCE)) {
        return fields;
      }
      Matcher key = KEY.matcher(line);
      if (key.matches()) {
        field = new ArrayList<>();
        fields.put(key.group(1), field);
      }
      field.add(line);
    }
    return Map.of(); // without a second fence it was no YAML
  }

  /** Returns whether it is of a model that was made here. */
  boolean isOurs() {
    return text.contains(MARK);
  }

  /** Lines of a field with its key; none if it is not there. */
  List<String> field(String key) {
    return fields.getOrDefault(key, List.of());
  }

  /** Items of a field that is a list, whichever way it is written. */
  List<String> items(String key) {
    List<String> items = new ArrayList<>();
    for (String line : field(key)) {
      Matcher item = ITEM.matcher(line);
      Matcher list = LIST.matcher(line);
      if (item.matches()) {
        items.add(item.group(1).strip());
      } else if (list.matches()) {
        for (String part : list.group(1).split(",", -1)) {
          items.add(part.strip());
        }
      }
    }
    return items.stream().filter(text -> !text.isEmpty()).toList();
  }
}
