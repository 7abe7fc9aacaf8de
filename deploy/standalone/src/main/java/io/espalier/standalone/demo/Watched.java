package io.espalier.standalone.demo;

import io.espalier.standalone.local.LocalService;
import io.espalier.standalone.local.Restarts;
import io.espalier.standalone.local.ServiceException;
import io.espalier.standalone.report.Narration;
import java.time.Instant;
import java.util.Optional;

/** A service that is started again when it has ended. */
final class Watched {
  private final String name;
  private final LocalService service;
  private final Narration narration;
  private final Restarts restarts = new Restarts();
  private Optional<Instant> startAgain = Optional.empty();

  /** A service that runs. */
  Watched(String name, LocalService service, Narration narration) {
    this.name = name;
    this.service = service;
    this.narration = narration;
  }

  /**
   * Starts it again if it has ended and its time has come.
   *
   * @throws ServiceException if it ends so often that it is of no use
   */
  void heal(Instant now) {
    Optional<String> ended = service.ended();
    if (ended.isEmpty()) {
      return;
    }
    if (startAgain.isEmpty()) {
      startAgain =
          Optional.of(
              restarts
                  .afterEnd(now)
                  .orElseThrow(
                      () ->
                          new ServiceException(
                              "the %s ends again and again: %s".formatted(name, ended.get()))));
      narration.say(firstLine(ended.get()) + "; it is started again");
    }
    if (!startAgain.get().isAfter(now)) {
      startAgain = Optional.empty();
      service.startAgain();
    }
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse("").replaceFirst("; the end of .*", "");
  }
}
