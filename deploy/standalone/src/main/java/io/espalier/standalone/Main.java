package io.espalier.standalone;

import io.espalier.standalone.command.Espalier;
import java.util.Locale;

/** Main class of the command line. */
public final class Main {
  private Main() {}

  /** Runs a command and ends with its exit code. */
  public static void main(String[] arguments) {
    Locale.setDefault(Locale.Category.FORMAT, Locale.ROOT); // the same digits on every machine
    System.exit(Espalier.run(arguments));
  }
}
