package io.espalier.schemas.stage;

import static java.util.stream.Collectors.joining;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.setting.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The tables of keys in the documents of stages, drawn from the declarations. */
final class KeysDocument {
  private static final Path DOCUMENTS = Path.of("../gpu-worker/docs");
  private static final String BEGIN = "<!-- keys, drawn by KeysDocument -->\n";
  private static final String END = "<!-- end of keys -->\n";

  private KeysDocument() {}

  /** Writes all tables to their places. */
  public static void main(String[] arguments) throws IOException {
    for (Path document : tables().keySet()) {
      Files.writeString(document, text(document));
    }
  }

  /** The tables by the document that holds them: one for each variant of a stage. */
  static Map<Path, SettingTable> tables() {
    Map<Path, SettingTable> tables = new TreeMap<>();
    for (StageDeclaration kind : StageDeclarations.standard().all()) {
      for (StageDeclaration.Variant variant : kind.variants()) {
        String name = variant.word().isEmpty() ? kind.name() : variant.word();
        tables.put(DOCUMENTS.resolve(name + ".md"), variant.table());
      }
    }
    return tables;
  }

  /** Returns what a document should say: all else as it is there. */
  static String text(Path document) throws IOException {
    String text = Files.readString(document);
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalStateException("%s has no place for keys".formatted(document));
    }
    return text.substring(0, begin + BEGIN.length())
        + table(tables().getOrDefault(document, SettingTable.of()))
        + text.substring(end);
  }

  private static String table(SettingTable table) {
    var rows = new StringBuilder("| key | values | default | meaning |\n|---|---|---|---|\n");
    for (Setting<?> setting : table.settings()) {
      if (!setting.equals(PruneKeys.ALGORITHM)) {
        rows.append(row("", setting));
      }
      if (setting.values() instanceof Values.Group group) {
        group.table().settings().stream()
            .filter(field -> !field.usualInWords().isEmpty())
            .forEach(field -> rows.append(row(setting.name() + ".", field)));
      }
    }
    return rows.toString();
  }

  private static String row(String group, Setting<?> setting) {
    String more = setting.more().isEmpty() ? "" : "; " + setting.more();
    String usual =
        setting.values() instanceof Values.Word && setting.usual().isPresent()
            ? "`" + setting.usualInWords() + "`"
            : setting.usualInWords();
    return "| `%s%s` | %s | %s | %s |%n"
        .formatted(
            group, setting.name(), values(setting.values()), usual, setting.sentence() + more);
  }

  private static String values(Values<?> values) {
    if (values instanceof Values.Whole whole) {
      return "%,d to %,d".formatted(whole.least(), whole.most());
    }
    if (values instanceof Values.Word word) {
      return word.words().stream().map(each -> "`" + each + "`").collect(joining(", "));
    }
    if (values instanceof Values.Listed listed) {
      return listed.numbers().stream().map(String::valueOf).collect(joining(", "));
    }
    if (values instanceof Values.Real real) {
      return real.fromLeast()
          ? "%.0f to under %.0f".formatted(real.least(), real.most())
          : "above %.0f, at most %,.0f".formatted(real.least(), real.most());
    }
    if (values instanceof Values.Flag) {
      return "true, false";
    }
    return values instanceof Values.Group
        ? "fields"
        : values instanceof Values.Many ? "a list" : "a text";
  }
}
