package io.espalier.worker.data.text;

import io.espalier.worker.domain.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** Cutting of texts that are too long: as Hugging Face's tokenizers do it. */
final class Truncation {
  private Truncation() {}

  /**
   * At most that many tokens. Of a pair, the longer text is cut first; if both are long, each keeps
   * a half.
   *
   * @throws InvalidInputException if the tokens that the tokenizer adds leave no room
   */
  static Encoded longestFirst(Encoded whole, int maxLength) {
    if (whole.length() <= maxLength) {
      return whole;
    }
    int first = whole.count(0);
    int second = whole.count(1);
    int room = maxLength - (whole.length() - first - second);
    if (room < 1) {
      throw new InvalidInputException(
          "a maximum length of %d tokens leaves no room for text beside the %d that the tokenizer"
                  .formatted(maxLength, maxLength - room)
              + " adds; ask for a longer one");
    }
    int shorter = Math.min(first, second);
    int longer = shorter > room ? shorter : Math.max(shorter, room - shorter);
    if (shorter + longer > room) {
      shorter = room / 2;
      longer = shorter + room % 2;
    }
    return beginnings(whole, first > second ? longer : shorter, first > second ? shorter : longer);
  }

  private static Encoded beginnings(Encoded whole, int first, int second) {
    int[] left = {first, second};
    return whole.at(
        IntStream.range(0, whole.length())
            .filter(i -> whole.sources()[i] == Encoded.ADDED || left[whole.sources()[i]]-- > 0));
  }

  /** Tokens of the second text that fit beside all of the first. */
  static int room(Encoded pair, int maxLength) {
    return maxLength - (pair.length() - pair.count(1));
  }

  /**
   * Windows over the second text, each with all of the first.
   *
   * @param maxLength tokens of a window
   * @param stride tokens that neighbouring windows share; less than {@link #room} if the pair is
   *     longer than a window
   */
  static List<Encoded> windows(Encoded pair, int maxLength, int stride) {
    if (pair.length() <= maxLength) {
      return List.of(pair);
    }
    int room = room(pair, maxLength);
    int count = pair.count(1);
    int first =
        IntStream.range(0, pair.length()).filter(i -> pair.sources()[i] == 1).min().orElse(0);
    var windows = new ArrayList<Encoded>();
    int stop = 0;
    for (int start = 0; stop < count; start += room - stride) {
      int from = first + start;
      int to = first + Math.min(start + room, count);
      windows.add(
          pair.at(
              IntStream.range(0, pair.length())
                  .filter(i -> pair.sources()[i] != 1 || (from <= i && i < to))));
      stop = to - first;
    }
    return windows;
  }
}
