package io.espalier.worker.algorithm.minitron;

import io.espalier.worker.algorithm.minitron.size.NetworkBlueprint;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The account of a stream that was rotated to its principal directions.
 *
 * @param directions how many there are
 * @param left how many stay; if all do, the result has the channels as they were trained
 * @param length the mean over normalisations of the part of the length of what they read that the
 *     directions that stay have
 * @param untied weights that were the embedding's and are their own now; none if all directions
 *     stay
 */
public record StreamChange(int directions, int left, double length, List<String> untied) {
  /** Makes an account; the list is copied. */
  public StreamChange {
    untied = List.copyOf(untied);
  }

  /** Tells what became of a stream; empty if it was not rotated. */
  static Optional<StreamChange> of(
      NetworkBlueprint cut, NetworkBlueprint made, List<String> untied) {
    if (!cut.basis().rotated()) {
      return Optional.empty();
    }
    int left = made.hidden().units();
    int all = cut.hidden().units();
    double length =
        cut.basis().shares().values().stream()
            .mapToDouble(share -> share[left - 1])
            .average()
            .orElseThrow();
    return Optional.of(new StreamChange(all, left, length, left < all ? untied : List.of()));
  }

  /** Tells it in one line. */
  public String words() {
    if (left == directions) {
      return "whole, so its channels are as they were";
    }
    String own = untied.isEmpty() ? "" : "; %s untied".formatted(String.join(", ", untied));
    return String.format(
        Locale.ROOT,
        "its %d strongest of %d directions, %.1f %% of the length of what normalisations read%s",
        left,
        directions,
        100 * length,
        own);
  }

  /** Tells it for programs. */
  public Map<String, String> settings() {
    var settings = new LinkedHashMap<String, String>();
    settings.put("stream", words());
    settings.put("stream.directions", Integer.toString(left));
    settings.put("stream.length", Double.toString(length));
    if (!untied.isEmpty()) {
      settings.put("stream.untied", String.join(", ", untied));
    }
    return settings;
  }
}
