package io.espalier.worker.stage.distill;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Notice that this process was told to end (SIGTERM), while it is open. The end then waits for a
 * few seconds until this is closed, so that what is under way can be kept.
 */
final class ProcessEnding implements BooleanSupplier, AutoCloseable {
  private static final long SECONDS = 20;

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook = new Thread(this::await, "keep-training");
  private volatile boolean told;

  ProcessEnding() {
    Runtime.getRuntime().addShutdownHook(hook);
  }

  @Override
  public boolean getAsBoolean() {
    return told;
  }

  private void await() {
    told = true;
    try {
      if (!closed.await(SECONDS, TimeUnit.SECONDS)) {
        System.err.println("the training was not kept within " + SECONDS + " seconds");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // the end has begun, and waits no longer
    }
  }
}
