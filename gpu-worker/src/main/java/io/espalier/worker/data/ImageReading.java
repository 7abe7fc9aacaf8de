package io.espalier.worker.data;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Description for people of how a data set's images become a model's numbers.
 *
 * @param images what is done to their pixels, and who says so
 * @param labels how they got their classes; empty if there is no question
 * @param warnings what could be otherwise than meant
 */
public record ImageReading(String images, String labels, List<String> warnings) {
  /** Images and classes as the data have them. */
  public static final ImageReading UNCHANGED =
      new ImageReading("as they are", "as the data say", List.of());

  /** A reading; the list is copied. */
  public ImageReading {
    warnings = List.copyOf(warnings);
  }

  /** Images and labels by key, as reports have them; warnings have their own place there. */
  public Map<String, String> facts() {
    var facts = new LinkedHashMap<String, String>();
    facts.put("images", images);
    facts.put("labels", labels);
    return facts;
  }
}
