package io.espalier.standalone.demo;

import io.espalier.standalone.local.JavaProcess;
import io.espalier.standalone.local.LocalService;
import io.espalier.standalone.local.Restarts;
import io.espalier.standalone.local.ServiceException;
import io.espalier.standalone.local.StackRecord;
import io.espalier.standalone.report.Narration;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** A service that is started again when it has ended. Not for several threads. */
final class Watched {
  /** Exit codes of wrong usage and of invalid input, which the same start brings about again. */
  private static final Set<Integer> FOR_GOOD = Set.of(2, 3);

  private final String name;
  private final LocalService service;
  private final Narration narration;
  private final Restarts restarts = new Restarts();
  private Optional<Instant> startAgain = Optional.empty();
  private boolean works;
  private boolean hasWorked;
  private int restarted;

  /** A service that was started. */
  Watched(String name, LocalService service, Narration narration) {
    this.name = name;
    this.service = service;
    this.narration = narration;
  }

  /** Returns whether it worked when it was last looked at. */
  boolean works() {
    return works;
  }

  /** Returns what it is and where its log is. */
  String inWords() {
    return "the %s (log: %s)".formatted(name, service.log());
  }

  /** Returns what is written down of it. */
  StackRecord.Service describe() {
    return new StackRecord.Service(
        name, service.process(), service.address(), service.log(), works, restarted);
  }

  /**
   * Looks whether it works, and starts it again if it has ended and its time has come.
   *
   * @return whether something has changed
   * @throws ServiceException if starting it again is of no use
   */
  boolean look(Instant now) {
    Optional<JavaProcess.End> ended = service.ended();
    if (ended.isPresent()) {
      return heal(ended.get(), now);
    }
    if (works || !service.works()) {
      return false;
    }
    if (hasWorked) {
      narration.say("the %s works again".formatted(name));
    }
    works = true;
    hasWorked = true;
    return true;
  }

  private boolean heal(JavaProcess.End end, Instant now) {
    works = false;
    if (startAgain.isEmpty()) {
      startAgain = Optional.of(next(end, now));
      narration.say(firstLine(end.message()) + "; it is started again");
    }
    if (startAgain.get().isAfter(now)) {
      return false;
    }
    startAgain = Optional.empty();
    restarted++;
    service.startAgain();
    return true;
  }

  private Instant next(JavaProcess.End end, Instant now) {
    if (!hasWorked && FOR_GOOD.contains(end.exitCode())) {
      throw new ServiceException("the %s cannot work: %s".formatted(name, end.message()));
    }
    return restarts
        .afterEnd(now)
        .orElseThrow(
            () ->
                new ServiceException(
                    "the %s ends again and again: %s".formatted(name, end.message())));
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("").replaceFirst("; the end of .*", "");
  }
}
