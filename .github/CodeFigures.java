import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Prints figures of the code that say whether a newcomer finds the way: sizes of packages, names of
 * types, first sentences of Javadoc, records with many components, tests against code, subjects of
 * commits. Run it in the root: {@code java .github/CodeFigures.java}.
 */
final class CodeFigures {
  private static final Pattern TYPE =
      Pattern.compile(
          "^(?:public |final |abstract |sealed |non-sealed )*(?:class|record|interface|enum)"
              + " (\\w+)",
          Pattern.MULTILINE);
  private static final Pattern DOC = Pattern.compile("/\\*\\*\\s*\\*?\\s*([A-Z]\\w*)");
  private static final Pattern RECORD =
      Pattern.compile(
          "\\brecord (\\w+)(?:<[^>]*>)?\\(([^{]*?)\\)\\s*(?:implements [^{]*)?\\{", Pattern.DOTALL);
  private static final Pattern METHOD =
      Pattern.compile(
          "(/\\*\\*(?:(?!\\*/).)*\\*/)\\s*(?:@\\w+(?:\\([^)]*\\))?\\s+)*public"
              + " (?!class|record|interface|enum|final|abstract|sealed)[\\w<>\\[\\],.? ]+"
              + " \\w+\\(([^)]*)\\)",
          Pattern.DOTALL);

  /** Records with more are listed. */
  private static final int MOST_COMPONENTS = 8;

  private final List<String> types = new ArrayList<>();
  private final TreeMap<String, Integer> packages = new TreeMap<>();
  private int docs;
  private int riddles;
  private int records;
  private int wideRecords;
  private final List<String> widestRecords = new ArrayList<>();
  private int widest;
  private int wideMethods;
  private int describedMethods;
  private long mainLines;
  private long testLines;

  private CodeFigures() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    var figures = new CodeFigures();
    try (Stream<Path> files = Files.walk(Path.of("."))) {
      files.filter(CodeFigures::isCode).sorted().forEach(figures::read);
    }
    figures.print();
  }

  private static boolean isCode(Path file) {
    String path = file.toString();
    return path.endsWith(".java") && path.contains("/src/") && !path.contains("/target/");
  }

  private void read(Path file) {
    try {
      String code = Files.readString(file);
      long lines = code.lines().count();
      if (!file.toString().contains("/src/main/")) {
        testLines += lines;
        return;
      }
      mainLines += lines;
      if (!file.endsWith("package-info.java")) {
        packages.merge(file.getParent().toString(), 1, Integer::sum);
        readMain(code);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void readMain(String code) {
    TYPE.matcher(code).results().forEach(found -> types.add(found.group(1)));
    DOC.matcher(code).results().forEach(found -> countDoc(found.group(1)));
    RECORD.matcher(code).results().forEach(found -> countRecord(found.group(1), found.group(2)));
    Matcher method = METHOD.matcher(code);
    while (method.find()) {
      if (parts(method.group(2)) >= 3) {
        wideMethods++;
        describedMethods += method.group(1).contains("@param") ? 1 : 0;
      }
    }
  }

  private void countDoc(String word) {
    docs++;
    riddles += List.of("What", "How", "Whether").contains(word) ? 1 : 0;
  }

  private void countRecord(String name, String components) {
    int count = parts(components);
    if (count > MOST_COMPONENTS) {
      widestRecords.add("%s %d".formatted(name, count));
    }
    records++;
    wideRecords += count > 5 ? 1 : 0;
    widest = Math.max(widest, count);
  }

  /** Parameters in a list: commas outside of brackets, and one. */
  private static int parts(String list) {
    if (list.isBlank()) {
      return 0;
    }
    int depth = 0;
    int count = 1;
    for (char c : list.toCharArray()) {
      depth += c == '<' || c == '(' ? 1 : c == '>' || c == ')' ? -1 : 0;
      count += c == ',' && depth == 0 ? 1 : 0;
    }
    return count;
  }

  private void print() throws IOException, InterruptedException {
    List<Integer> sizes = packages.values().stream().sorted().toList();
    long oneWord = types.stream().filter(name -> name.matches("[A-Z][a-z0-9]*")).count();
    System.out.printf(
        Locale.ROOT,
        "classes per package p50 / p90 / max   %d / %d / %d%n",
        share(sizes, 0.5),
        share(sizes, 0.9),
        sizes.get(sizes.size() - 1));
    packages.forEach(
        (name, size) -> {
          if (size > 40) {
            System.out.printf(Locale.ROOT, "  over 40: %s %d%n", name, size);
          }
        });
    print("type names of one word", oneWord, types.size());
    print("Javadoc that begins with What, How, Whether", riddles, docs);
    print("records of more than 5 components", wideRecords, records);
    System.out.printf(Locale.ROOT, "most components of a record           %d%n", widest);
    System.out.printf(
        Locale.ROOT, "  over %d: %s%n", MOST_COMPONENTS, String.join(", ", widestRecords));
    print("@param on public methods of 3 or more", describedMethods, wideMethods);
    System.out.printf(
        Locale.ROOT,
        "test / main lines                     %.2f (%d / %d)%n",
        (double) testLines / mainLines,
        testLines,
        mainLines);
    printSubjects();
  }

  private static void print(String what, long part, long all) {
    System.out.printf(
        Locale.ROOT, "%-37s %.1f %% (%d of %d)%n", what, 100.0 * part / all, part, all);
  }

  private static int share(List<Integer> sorted, double part) {
    return sorted.get(Math.min(sorted.size() - 1, (int) (part * sorted.size())));
  }

  /** Lengths of the subjects of the last 200 commits that are no merges. */
  private static void printSubjects() throws IOException, InterruptedException {
    Process git =
        new ProcessBuilder("git", "log", "-200", "--no-merges", "--format=%s")
            .redirectErrorStream(true)
            .start();
    List<Integer> lengths =
        new String(git.getInputStream().readAllBytes())
            .lines()
            .map(String::length)
            .sorted()
            .toList();
    if (git.waitFor() == 0 && !lengths.isEmpty()) {
      System.out.printf(
          Locale.ROOT,
          "commit subjects, p90 / max characters %d / %d%n",
          share(lengths, 0.9),
          lengths.get(lengths.size() - 1));
    }
  }
}
