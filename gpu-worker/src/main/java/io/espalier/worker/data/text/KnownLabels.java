package io.espalier.worker.data.text;

import java.util.List;

/** The labels that a model gives, by which those of a file are known: by name or by number. */
record KnownLabels(List<String> names) {
  /** In place of a label that is not known. */
  static final int NONE = -1;

  /** Labels that a message lists: some models have thousands. */
  private static final int LISTED = 20;

  /** Labels; the list is copied. */
  KnownLabels {
    names = List.copyOf(names);
  }

  /**
   * The number of a label; {@value #NONE} if the model does not give it.
   *
   * @param found a name or a number, as the file has it
   */
  int number(String found) {
    int named = names.indexOf(found);
    return named >= 0 ? named : within(found);
  }

  private int within(String found) {
    try {
      int number = Integer.parseInt(found.strip());
      return number >= 0 && number < names.size() ? number : NONE;
    } catch (NumberFormatException e) {
      return NONE;
    }
  }

  /** What is wrong with a label that the model does not give. */
  String problem(String found) {
    return "label '%s' is %s".formatted(found, unknown());
  }

  private String unknown() {
    if (names.isEmpty()) {
      return "unknown, since the model has no labels; id2label in config.json names them";
    }
    List<String> some = names.subList(0, Math.min(LISTED, names.size()));
    return "none of the model's %d: wanted one of %s%s, or 0 to %d"
        .formatted(
            names.size(), some, names.size() > LISTED ? " and others" : "", names.size() - 1);
  }
}
