package io.espalier.standalone.local;

import java.time.Duration;

/** The end of a stack that another process started, in order if it can be had. */
public final class StackEnd {
  /** Wait for the rest of a killed one, which ends in 15 s; see {@link Lifeline}. */
  private static final Duration BY_ITSELF = Duration.ofSeconds(20);

  private StackEnd() {}

  /**
   * Asks the process that started everything to stop it, and waits until nothing of it is left.
   * Kills what does not end in time.
   *
   * @param limit how long the end in order may take
   * @throws ServiceException if it cannot be ended
   */
  public static void request(StackRecord stack, Duration limit) {
    LiveProcess owner = stack.owner();
    owner.stop();
    if (!owner.awaitEnd(limit)) {
      owner.kill();
      if (!owner.awaitEnd(BY_ITSELF)) {
        throw new ServiceException(
            "process %d of %s does not end; does it belong to another user?"
                .formatted(owner.id(), owner.since()));
      }
    }
    awaitServices(stack);
  }

  /** Waits for the services of one whose owner is gone, and kills what does not end. */
  public static void awaitServices(StackRecord stack) {
    long end = System.nanoTime() + BY_ITSELF.toNanos();
    for (StackRecord.Service service : stack.services()) {
      Duration left = Duration.ofNanos(Math.max(1, end - System.nanoTime()));
      if (!service.process().awaitEnd(left)) {
        service.process().kill();
        service.process().awaitEnd(BY_ITSELF);
      }
    }
  }
}
