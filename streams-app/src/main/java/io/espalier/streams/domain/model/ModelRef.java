package io.espalier.streams.domain.model;

/**
 * One version of one model.
 *
 * @param name model name
 * @param version version, unique within the name
 */
public record ModelRef(String name, String version) {
  @Override
  public String toString() {
    return name + "@" + version;
  }
}
