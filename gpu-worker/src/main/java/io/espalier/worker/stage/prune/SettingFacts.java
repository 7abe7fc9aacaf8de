package io.espalier.worker.stage.prune;

import io.espalier.schemas.setting.Setting;
import io.espalier.schemas.setting.Settings;
import io.espalier.worker.report.facts.PruningReport.Fact;
import java.util.List;
import java.util.stream.Stream;

/** The settings that reports tell of, as they were used. */
final class SettingFacts {
  private SettingFacts() {}

  /** A fact for each key that has a name in reports and a value. */
  static List<Fact> of(Settings settings) {
    return settings.table().settings().stream().flatMap(key -> fact(key, settings)).toList();
  }

  private static <T> Stream<Fact> fact(Setting<T> key, Settings settings) {
    return key.label().isEmpty()
        ? Stream.empty()
        : settings.find(key).stream()
            .map(value -> Fact.of(key.name(), key.label(), key.values().text(value)));
  }
}
