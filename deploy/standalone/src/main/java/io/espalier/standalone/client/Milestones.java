package io.espalier.standalone.client;

import io.espalier.event.StageEvent;
import io.espalier.event.StageProgressed;

/**
 * Reports of a run that are worth a line: everything but progress, and of progress the beginning of
 * each phase and each quarter of it.
 */
final class Milestones {
  private static final int PARTS = 4;

  private String phase = "";
  private long part;

  /** Returns whether the next report is one. */
  boolean include(StageEvent report) {
    if (!(report.getDetail() instanceof StageProgressed progress)) {
      phase = "";
      return true;
    }
    String now = report.getStageIndex() + "/" + report.getAttempt() + "/" + progress.getPhase();
    long reached = progress.getTotal() > 0 ? PARTS * progress.getDone() / progress.getTotal() : 0;
    boolean milestone = !now.equals(phase) || reached > part;
    if (milestone) {
      phase = now;
      part = reached;
    }
    return milestone;
  }
}
