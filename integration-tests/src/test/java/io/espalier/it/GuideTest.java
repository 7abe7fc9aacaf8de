package io.espalier.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The guide for who carries on speaks of what is there. */
class GuideTest {
  private static final Path ROOT = Path.of("..");
  private static final Pattern CLASS =
      Pattern.compile("`([A-Z][a-z0-9]*[A-Z]\\w*)(?:\\.[\\w()]+)?`");

  private static final Pattern BENCHMARK = Pattern.compile("main=([\\w.]+)");

  @Test
  void every_class_of_the_guide_is_there() throws IOException {
    Set<String> named = new TreeSet<>();
    for (String document : Set.of(".github/GUIDE.md", ".github/CONTRIBUTING.md")) {
      CLASS
          .matcher(Files.readString(ROOT.resolve(document)))
          .results()
          .map(m -> m.group(1))
          .forEach(named::add);
    }

    assertThat(named).isNotEmpty();
    assertThat(classes()).containsAll(named);
  }

  @Test
  void every_benchmark_of_the_script_is_there() throws IOException {
    List<String> named =
        BENCHMARK
            .matcher(Files.readString(ROOT.resolve("integration-tests/benchmark")))
            .results()
            .map(m -> m.group(1).replace('.', '/') + ".java")
            .toList();

    assertThat(named).isNotEmpty();
    for (String file : named) {
      assertThat(Set.of("gpu-worker", "integration-tests"))
          .as(file)
          .anyMatch(module -> Files.exists(ROOT.resolve(module + "/src/test/java/" + file)));
    }
  }

  private static Set<String> classes() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".java"))
          .map(name -> name.substring(0, name.length() - ".java".length()))
          .collect(Collectors.toSet());
    }
  }
}
