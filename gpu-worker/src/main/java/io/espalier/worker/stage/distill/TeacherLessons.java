package io.espalier.worker.stage.distill;

import io.espalier.worker.algorithm.train.Objective;

/**
 * Lessons of a student, and what has to be closed after it.
 *
 * @param kept what the teacher said, if that was kept; else nothing
 */
record TeacherLessons(Objective objective, Runnable kept) implements AutoCloseable {
  /** Lessons of a teacher that is asked in each step. */
  static TeacherLessons of(Objective objective) {
    return new TeacherLessons(objective, () -> {});
  }

  @Override
  public void close() {
    objective.close();
    kept.run();
  }
}
