package io.espalier.schemas.stage;

import com.fasterxml.jackson.databind.JsonNode;
import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.SettingTable;
import io.espalier.schemas.setting.SettingUnion;
import io.espalier.schemas.setting.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * A kind of stage as everybody knows it, whoever carries it out.
 *
 * @param name the key of a stage in a policy, such as {@code prune}
 * @param sentence what it does, in a sentence
 * @param selector the key that says which of several variants is meant; empty if there is one
 * @param variants what it is told, in the order of the selector's words
 * @param changesModel whether what comes out is another model than what went in
 * @param references roles of the models that it needs besides its input, such as {@link #TEACHER}
 */
public record StageDeclaration(
    String name,
    String sentence,
    Optional<Setting<String>> selector,
    List<Variant> variants,
    boolean changesModel,
    Set<String> references) {
  /** Role of the model that a run began with. */
  public static final String TEACHER = "teacher";

  /**
   * One way of doing it.
   *
   * @param word what selects it; empty if nothing does
   * @param table its keys
   * @param measures names of the metrics that it may report, by what it is told
   */
  public record Variant(
      String word, SettingTable table, Function<Settings, Set<String>> measures) {}

  /** A declaration; collections are copied. */
  public StageDeclaration {
    variants = List.copyOf(variants);
    references = Set.copyOf(references);
  }

  /** A kind with one set of keys, which changes the model and needs no other one. */
  public static StageDeclaration of(
      String name, String sentence, SettingTable table, Set<String> measures) {
    return new StageDeclaration(
        name,
        sentence,
        Optional.empty(),
        List.of(new Variant("", table, any -> measures)),
        true,
        Set.of());
  }

  /** The same, with models that it needs besides its input, by role. */
  public StageDeclaration needing(String... roles) {
    return new StageDeclaration(name, sentence, selector, variants, changesModel, Set.of(roles));
  }

  /** The same, which leaves the model as it is. */
  public StageDeclaration leavingModel() {
    return new StageDeclaration(name, sentence, selector, variants, false, references);
  }

  /** The variant that a specification selects; empty if it selects none that there is. */
  public Optional<Variant> variant(JsonNode spec) {
    String word = selector.map(key -> spec.path(key.name()).asText()).orElse("");
    return variants.stream().filter(each -> each.word().equals(word)).findFirst();
  }

  /**
   * The variant of a word.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Variant variant(String word) {
    return variants.stream()
        .filter(each -> each.word().equals(word))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "'%s' selects no variant of %s".formatted(word, name)));
  }

  /** All keys of all variants. */
  public SettingTable union() {
    Map<String, SettingTable> tables = new LinkedHashMap<>();
    variants.forEach(variant -> tables.put(variant.word(), variant.table()));
    return SettingUnion.of(tables);
  }
}
