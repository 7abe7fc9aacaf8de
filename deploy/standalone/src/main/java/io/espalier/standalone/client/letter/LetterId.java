package io.espalier.standalone.client.letter;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Place of a dead letter, which is its name: {@code 0-17}.
 *
 * @param partition partition of the topic of dead letters
 * @param offset offset in that partition
 */
public record LetterId(int partition, long offset) implements Comparable<LetterId> {
  /** The first of all. */
  public static final LetterId FIRST = new LetterId(0, 0);

  private static final Pattern FORM = Pattern.compile("([0-9]{1,6})-([0-9]{1,18})");

  /** Reads a name, if it is one. */
  public static Optional<LetterId> parse(String text) {
    Matcher name = FORM.matcher(text);
    return name.matches()
        ? Optional.of(new LetterId(Integer.parseInt(name.group(1)), Long.parseLong(name.group(2))))
        : Optional.empty();
  }

  @Override
  public int compareTo(LetterId other) {
    int byPartition = Integer.compare(partition, other.partition);
    return byPartition != 0 ? byPartition : Long.compare(offset, other.offset);
  }

  @Override
  public String toString() {
    return partition + "-" + offset;
  }
}
