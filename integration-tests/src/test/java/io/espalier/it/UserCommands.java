package io.espalier.it;

import io.espalier.standalone.Main;
import io.espalier.standalone.local.Distribution;
import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The command line as a user has it, whose home is a directory of a test. */
final class UserCommands implements AutoCloseable {
  private final Path home;
  private final Path work;
  private final List<Process> started = new ArrayList<>();

  /** Commands of a user, run in a directory below the home. */
  UserCommands(Path home, String work) throws IOException {
    this.home = home;
    this.work = Files.createDirectories(home.resolve(work));
  }

  /** Returns where commands are run. */
  Path work() {
    return work;
  }

  /** Returns where {@code up} keeps everything. */
  Path stack() {
    return home.resolve(".local/share/espalier/up");
  }

  /** Starts a command whose output is added to a file, errors to that or another one. */
  Process start(List<String> arguments, File output, File errors) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    Optional.ofNullable(System.getProperty(Distribution.HOME))
        .ifPresent(place -> command.add("-D" + Distribution.HOME + "=" + place));
    command.addAll(List.of("-cp", Distribution.current().classPath(), Main.class.getName()));
    command.addAll(arguments);
    var builder =
        new ProcessBuilder(command)
            .directory(work.toFile())
            .redirectOutput(Redirect.appendTo(output))
            .redirectError(Redirect.appendTo(errors));
    builder.environment().keySet().removeIf(name -> name.matches("(ESPALIER|XDG|HF)_.*"));
    builder.environment().put("HOME", home.toString());
    Process process = builder.start();
    started.add(process);
    return process;
  }

  /** Ends what still runs. */
  @Override
  public void close() {
    started.forEach(Process::destroyForcibly);
  }
}
