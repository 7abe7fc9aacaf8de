package io.espalier.schemas.setting;

import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A combination of values that no settings may have.
 *
 * @param key name of the key that has to change
 * @param reason what is wrong with the combination, and what to do
 * @param holds whether settings have it
 */
public record Exclusion(String key, String reason, Predicate<Settings> holds) {
  /** Values of a key, as part of a combination. */
  public static <T> Predicate<Settings> with(Setting<T> setting, List<T> values) {
    return settings -> settings.find(setting).filter(values::contains).isPresent();
  }

  /** Returns what is wrong with settings, if they have it. */
  Optional<SettingProblem> problem(Settings settings) {
    return holds.test(settings) ? Optional.of(new SettingProblem(key, reason)) : Optional.empty();
  }
}
