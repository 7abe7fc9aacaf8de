package io.espalier.standalone.local;

import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationTargetException;
import java.util.Arrays;

/**
 * Runs another main class for as long as the process that started it lives: when standard input
 * ends, the JVM ends.
 *
 * <p>Uses nothing but the JDK, and no other class of this project, so that it can be put on a
 * foreign class path by itself.
 */
public final class Lifeline {
  private static final long GRACE_MILLIS = 15_000;

  private Lifeline() {}

  /** Runs the main class named first with the remaining arguments. */
  public static void main(String[] arguments) throws Throwable {
    Thread watch = new Thread(Lifeline::exitAtEndOfInput, "lifeline");
    watch.setDaemon(true);
    watch.start();
    String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
    try {
      Class.forName(arguments[0]).getMethod("main", String[].class).invoke(null, (Object) rest);
    } catch (InvocationTargetException thrown) {
      throw thrown.getCause() == null ? thrown : thrown.getCause();
    }
  }

  private static void exitAtEndOfInput() {
    InputStream input = System.in;
    try {
      while (input.read() >= 0) {
        // whatever is written means that the parent lives
      }
    } catch (IOException closed) {
      // the same as its end
    }
    Thread halt = new Thread(Lifeline::haltAfterGrace, "lifeline-halt");
    halt.setDaemon(true);
    halt.start();
    System.exit(0);
  }

  /** A shutdown hook that hangs must not keep a process alive that nobody owns. */
  private static void haltAfterGrace() {
    long end = System.nanoTime() + GRACE_MILLIS * 1_000_000;
    while (System.nanoTime() < end) {
      java.util.concurrent.locks.LockSupport.parkNanos(end - System.nanoTime());
    }
    Runtime.getRuntime().halt(1);
  }
}
