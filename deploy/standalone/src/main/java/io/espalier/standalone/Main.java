package io.espalier.standalone;

import io.espalier.standalone.command.Espalier;

/** Main class of the command line. */
public final class Main {
  private Main() {}

  /** Runs a command and ends with its exit code. */
  public static void main(String[] arguments) {
    System.exit(Espalier.run(arguments));
  }
}
