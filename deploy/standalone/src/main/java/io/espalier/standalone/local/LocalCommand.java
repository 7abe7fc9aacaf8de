package io.espalier.standalone.local;

import io.espalier.standalone.Main;
import io.espalier.standalone.local.JavaProcess.Launch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A service of this command line, coordinator or worker, in its own JVM. */
public final class LocalCommand extends LocalService {
  /** Reading back the state of many runs takes minutes. */
  private static final Duration START_LIMIT = Duration.ofMinutes(30);

  private final Path readyFile;

  private LocalCommand(Launch launch, Path readyFile) {
    super(launch);
    this.readyFile = readyFile;
  }

  /**
   * Starts a service and waits for nothing.
   *
   * @param name what it is, in a word, for messages
   * @param directory for its log, {@code COMMAND.log}
   * @param heapMegabytes largest heap in MiB
   * @param arguments the subcommand and its options
   */
  public static LocalCommand begin(
      String name, Path directory, int heapMegabytes, List<String> arguments) {
    String command = arguments.get(0);
    Path readyFile = directory.resolve(command + ".ready");
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of("--ready-file", readyFile.toString()));
    Launch launch =
        new Launch(
            name,
            heapMegabytes,
            List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"),
            Distribution.current().classPath(),
            Main.class.getName(),
            all,
            directory.resolve(command + ".log"));
    remove(readyFile);
    return new LocalCommand(launch, readyFile);
  }

  @Override
  void beforeStart() {
    remove(readyFile);
  }

  @Override
  public String address() {
    return "";
  }

  @Override
  String inWords() {
    return "the service that logs to " + log();
  }

  @Override
  Duration startLimit() {
    return START_LIMIT;
  }

  @Override
  public boolean works() {
    return alive() && Files.exists(readyFile);
  }

  /** One that was killed leaves it behind. */
  private static void remove(Path readyFile) {
    try {
      Files.deleteIfExists(readyFile);
    } catch (IOException failed) {
      throw new UncheckedIOException("could not remove " + readyFile, failed);
    }
  }
}
