package io.espalier.worker.algorithm.quantize;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Names of modules as compressed-tensors writes them: a full name, or {@code re:} and a regular
 * expression that the beginning of a name matches.
 *
 * @param texts as they were given
 */
public record ModulePatterns(List<String> texts) {
  private static final String EXPRESSION = "re:";

  /** No names. */
  public static final ModulePatterns NONE = new ModulePatterns(List.of());

  /** Names; the list is copied. */
  public ModulePatterns {
    texts = List.copyOf(texts);
  }

  /** Returns what is wrong with them, in sentences. */
  public List<String> problems() {
    List<String> problems = new ArrayList<>();
    for (String text : texts) {
      try {
        matches(text, "");
      } catch (PatternSyntaxException e) {
        problems.add(
            "wanted a name or re: and a regular expression, found '%s': %s"
                .formatted(text, e.getDescription()));
      }
    }
    return problems;
  }

  /** The first of them that a module's name matches, as it was given. */
  public Optional<String> matching(String module) {
    return texts.stream().filter(text -> matches(text, module)).findFirst();
  }

  private static boolean matches(String text, String module) {
    return text.startsWith(EXPRESSION)
        ? Pattern.compile(text.substring(EXPRESSION.length())).matcher(module).lookingAt()
        : text.equals(module);
  }
}
