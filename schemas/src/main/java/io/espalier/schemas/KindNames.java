package io.espalier.schemas;

import io.espalier.event.StageKind;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Names of kinds of stages, as events tell them. An enum of a published schema takes no further
 * symbols, so an event has the name beside it where the enum has none.
 */
public final class KindNames {
  /** Stands for kinds without a symbol: whoever does not know the field for names refuses it. */
  private static final StageKind OTHER = StageKind.EXPORT;

  private KindNames() {}

  /**
   * The name as policies write it, such as {@code prune}.
   *
   * @param beside the name that the event has beside its symbol; empty if it has none
   */
  public static String of(StageKind symbol, String beside) {
    return beside.isEmpty() ? symbol.name().toLowerCase(Locale.ROOT) : beside;
  }

  /** The symbol of a kind, or the one that stands for kinds without. */
  public static StageKind symbol(String name) {
    return Stream.of(StageKind.values())
        .filter(kind -> of(kind, "").equals(name))
        .findFirst()
        .orElse(OTHER);
  }

  /** Returns what an event has beside the symbol of a kind: empty if that says it. */
  public static String beside(String name) {
    return of(symbol(name), "").equals(name) ? "" : name;
  }
}
