package io.espalier.worker.algorithm.search;

/** Quantity that a search minimises among the models within the budget. */
public enum Objective {
  /**
   * The sum of the losses of all axes: a cut is made where it loses little for what it saves. Takes
   * losses as if they added up.
   */
  SUM("sum"),
  /**
   * The largest loss of a single axis, as ModelOpt's FastNAS does: every axis is cut as far as one
   * common threshold allows, whatever that saves.
   */
  MAX("max");

  private final String key;

  Objective(String key) {
    this.key = key;
  }

  /** Its name in policies and reports. */
  public String key() {
    return key;
  }
}
