package io.espalier.schemas.setting;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * Settings of a stage: the values that are given, by the keys of a table.
 *
 * @param table the keys that there are
 * @param said values by name; only those of the table
 */
public record Settings(SettingTable table, Map<String, Object> said) {
  /** Settings; the map is copied. */
  public Settings {
    said = Map.copyOf(said);
  }

  /** Returns whether anything is said of a key. */
  public boolean says(Setting<?> setting) {
    return said.containsKey(known(setting));
  }

  /** The value of a key: what is said, or else the usual one; empty if there is neither. */
  @SuppressWarnings("unchecked") // only what its own values read is stored under a name
  public <T> Optional<T> find(Setting<T> setting) {
    Object value = said.get(known(setting));
    return value == null ? setting.usual() : Optional.of((T) value);
  }

  /**
   * The value of a key that always has one.
   *
   * @throws IllegalStateException if nothing is said of it and it has no usual value
   */
  public <T> T get(Setting<T> setting) {
    return find(setting)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "nothing is said of '%s' and it has no usual value; ask whether it is said"
                        .formatted(setting.name())));
  }

  /** The number of a key, if there is one. */
  public OptionalInt number(Setting<Integer> setting) {
    return find(setting).map(OptionalInt::of).orElse(OptionalInt.empty());
  }

  /**
   * The constant that the word of a key stands for.
   *
   * @param known all constants
   * @param word the word of each
   * @throws IllegalStateException if the key has no value, or none of them has its word
   */
  public <E> E get(Setting<String> setting, E[] known, Function<E, String> word) {
    return find(setting, known, word)
        .orElseThrow(
            () -> new IllegalStateException("nothing is said of '%s'".formatted(setting.name())));
  }

  /** The same for a key that may have no value. */
  public <E> Optional<E> find(Setting<String> setting, E[] known, Function<E, String> word) {
    return find(setting).map(value -> constant(setting, value, known, word));
  }

  private static <E> E constant(
      Setting<String> setting, String value, E[] known, Function<E, String> word) {
    return Arrays.stream(known)
        .filter(each -> word.apply(each).equals(value))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "'%s' declares the word '%s', but the program knows %s"
                        .formatted(
                            setting.name(), value, Arrays.stream(known).map(word).toList())));
  }

  /** All values as text, by name and in the order of the table; what has none is left out. */
  public Map<String, String> used() {
    Map<String, String> used = new LinkedHashMap<>();
    table.settings().forEach(setting -> add(setting, used));
    return used;
  }

  /** Returns what results were made by: all values that they depend on, but for groups of keys. */
  public Map<String, String> recorded() {
    Map<String, String> recorded = used();
    table.settings().stream()
        .filter(setting -> !setting.recorded() || setting.values().grouped())
        .forEach(setting -> recorded.remove(setting.name()));
    return recorded;
  }

  private <T> void add(Setting<T> setting, Map<String, String> used) {
    find(setting).ifPresent(value -> used.put(setting.name(), setting.values().text(value)));
  }

  private String known(Setting<?> setting) {
    if (!table.settings().contains(setting)) {
      throw new IllegalStateException(
          "'%s' is none of the keys %s of this table".formatted(setting.name(), table.names()));
    }
    return setting.name();
  }
}
