package io.espalier.worker.domain.model;

import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * Modules of one kind, numbered from 0, of which some can be dropped: the layers of a transformer,
 * the experts of a layer.
 *
 * <p>Each is a unit of an axis. Whatever is named {@code prefix + unit}, or that and something
 * behind a dot, belongs to it: tensors, layers, attentions, axes, and stacks within. An axis or a
 * stack that only one module has must therefore be named as lying in it. A tensor outside may run
 * along the axis too, as a router's weight does along the experts.
 *
 * @param axis counts the modules
 * @param prefix what their names begin with, up to the number, such as {@code transformer.h.}
 * @param shared tokens of a sample that the modules share among them, each as many, the first ones
 *     one more if that does not come out even: a router gives every token so many experts, however
 *     many there are. Empty if each module reads all of them
 */
public record Stack(Axis axis, String prefix, OptionalInt shared) {
  private static final Pattern NUMBER = Pattern.compile("0|[1-9]\\d{0,8}");

  /** A stack whose modules read everything. */
  public Stack(Axis axis, String prefix) {
    this(axis, prefix, OptionalInt.empty());
  }

  /** A stack; the prefix must end with a dot. */
  public Stack {
    if (!prefix.endsWith(".")) {
      throw new IllegalArgumentException(
          "modules of axis '%s' are named by '%s' and a number, but a dot must stand between"
              .formatted(axis.name(), prefix));
    }
  }

  /** The name of a module. */
  public String module(int unit) {
    return prefix + unit;
  }

  /**
   * Returns how many tokens a module reads of those that are shared.
   *
   * @throws java.util.NoSuchElementException if none are
   */
  public int share(int unit) {
    int all = shared.orElseThrow();
    return all / axis.units() + (unit < all % axis.units() ? 1 : 0);
  }

  /** Returns which of the modules something belongs to by its name; empty if to none. */
  public OptionalInt unit(String name) {
    if (!name.startsWith(prefix)) {
      return OptionalInt.empty();
    }
    String number = name.substring(prefix.length(), numberEnd(name));
    // A number that is written in another way, or that the axis does not have, is something else's.
    if (!NUMBER.matcher(number).matches() || Integer.parseInt(number) >= axis.units()) {
      return OptionalInt.empty();
    }
    return OptionalInt.of(Integer.parseInt(number));
  }

  /** Returns where the number of a name ends that begins with the prefix. */
  int numberEnd(String name) {
    int dot = name.indexOf('.', prefix.length());
    return dot < 0 ? name.length() : dot;
  }
}
