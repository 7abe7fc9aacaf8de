package io.espalier.worker.tensor;

import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Stretches of a file that are taken. A new one is put into the first gap that is large enough, or
 * else at the end; gaps that touch become one, and one at the end is cut off.
 */
final class Stretches {
  private final TreeMap<Long, Long> gaps = new TreeMap<>();
  private long end;

  /** Takes a stretch of that many bytes; its offset. */
  long take(long bytes) {
    Optional<Map.Entry<Long, Long>> gap =
        gaps.entrySet().stream().filter(one -> one.getValue() >= bytes).findFirst();
    if (gap.isEmpty()) {
      end += bytes;
      return end - bytes;
    }
    long offset = gap.get().getKey();
    long left = gap.get().getValue() - bytes;
    gaps.remove(offset);
    if (left > 0) {
      gaps.put(offset + bytes, left);
    }
    return offset;
  }

  /** Gives back a stretch that was taken. */
  void giveBack(long offset, long bytes) {
    long from = offset;
    long to = offset + bytes;
    Map.Entry<Long, Long> before = gaps.lowerEntry(from);
    if (before != null && before.getKey() + before.getValue() == from) {
      from = before.getKey();
      gaps.remove(from);
    }
    Long after = gaps.remove(to);
    if (after != null) {
      to += after;
    }
    if (to == end) {
      end = from;
    } else if (to > from) {
      gaps.put(from, to - from);
    }
  }

  /** Returns where the last stretch ends. */
  long end() {
    return end;
  }
}
