package io.espalier.schemas.setting;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The keys of several tables together, as one table: a key takes what it takes in any of them, and
 * its sentence says in which tables it is.
 */
public final class SettingUnion {
  private final Set<String> all;

  private SettingUnion(Set<String> all) {
    this.all = all;
  }

  /**
   * All keys of the tables.
   *
   * @param tables by the word that selects them
   * @throws IllegalArgumentException if they have a key with values of different types
   */
  public static SettingTable of(Map<String, SettingTable> tables) {
    return new SettingUnion(tables.keySet()).together(tables);
  }

  private SettingTable together(Map<String, SettingTable> tables) {
    Set<String> names = new LinkedHashSet<>();
    tables.values().forEach(table -> names.addAll(table.names()));
    List<Setting<?>> united = new ArrayList<>();
    names.forEach(name -> united.add(united(owners(name, tables))));
    List<String> required =
        names.stream()
            .filter(name -> tables.values().stream().allMatch(t -> t.required().contains(name)))
            .toList();
    return new SettingTable(united, required, List.of(), List.of());
  }

  private static Map<String, Setting<?>> owners(String name, Map<String, SettingTable> tables) {
    Map<String, Setting<?>> owners = new LinkedHashMap<>();
    tables.forEach((word, table) -> table.setting(name).ifPresent(own -> owners.put(word, own)));
    return owners;
  }

  private Setting<?> united(Map<String, Setting<?>> owners) {
    Setting<?> first = owners.values().iterator().next();
    return united(first, owners);
  }

  private <T> Setting<T> united(Setting<T> first, Map<String, Setting<?>> owners) {
    boolean same = owners.values().stream().allMatch(own -> own.usual().equals(first.usual()));
    Setting<T> united =
        new Setting<>(
            first.name(),
            values(first, owners),
            same ? first.usual() : Optional.empty(),
            Setting.Words.NONE);
    return united.means(sentence(owners));
  }

  @SuppressWarnings("unchecked") // the values of a group are settings
  private <T> Values<T> values(Setting<T> first, Map<String, Setting<?>> owners) {
    if (first.values() instanceof Values.Group group) {
      Map<String, SettingTable> tables = new LinkedHashMap<>();
      owners.forEach((word, own) -> tables.put(word, ((Values.Group) own.values()).table()));
      return (Values<T>) new Values.Group(of(tables), group.least());
    }
    Values<T> values = first.values();
    for (Setting<?> own : owners.values()) {
      values = values.or(own.values());
    }
    return values;
  }

  /** Returns which tables a key is in is said only of those that are not in all. */
  private String sentence(Map<String, Setting<?>> owners) {
    Map<String, List<String>> bySentence = new LinkedHashMap<>();
    owners.forEach(
        (word, own) ->
            bySentence.computeIfAbsent(own.sentence(), any -> new ArrayList<>()).add(word));
    if (bySentence.size() == 1 && owners.keySet().equals(all)) {
      return bySentence.keySet().iterator().next();
    }
    return bySentence.entrySet().stream()
        .map(each -> String.join(", ", each.getValue()) + ": " + lower(each.getKey()))
        .collect(Collectors.joining("; "));
  }

  private static String lower(String sentence) {
    return sentence.isEmpty()
        ? sentence
        : sentence.substring(0, 1).toLowerCase(Locale.ROOT) + sentence.substring(1);
  }
}
