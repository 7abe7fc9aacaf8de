package io.espalier.standalone.demo;

import io.espalier.standalone.client.topic.Address;
import io.espalier.standalone.local.AllowedRoots;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * The commands that are the services of an installation on this machine.
 *
 * @param settings how it is started
 * @param address where broker and registry are
 * @param artifacts where the worker publishes
 */
record StackCommands(StackSettings settings, Address address, Path artifacts) {
  static final String POOL = "default";

  private static final int COORDINATOR_HEAP = 384;
  private static final int WORKER_HEAP = 256;
  private static final int THREADS = 2;

  /**
   * A command.
   *
   * @param heapMegabytes largest heap in MiB
   * @param arguments the subcommand and its options
   */
  record Command(int heapMegabytes, List<String> arguments) {}

  Command coordinator() {
    return command(
        COORDINATOR_HEAP,
        Stream.of(
            "streams",
            "--state-dir",
            settings.directory().resolve("state").toString(),
            "--artifacts",
            artifacts.toString()));
  }

  Command worker() {
    Stream<String> options =
        Stream.of(
            "worker",
            "--work-dir",
            settings.directory().resolve("work").toString(),
            "--pool",
            POOL,
            "--artifacts",
            artifacts.toString(),
            "--threads",
            Integer.toString(THREADS),
            "--allow-roots-file",
            AllowedRoots.file(settings.directory()).toString());
    Stream<Path> roots = Stream.concat(Stream.of(settings.directory()), settings.roots().stream());
    return command(
        WORKER_HEAP,
        Stream.concat(options, roots.flatMap(root -> Stream.of("--allow-root", root.toString()))));
  }

  private Command command(int heapMegabytes, Stream<String> arguments) {
    Stream<String> where =
        Stream.of(
            "--bootstrap-servers",
            address.bootstrapServers(),
            "--registry-url",
            address.registryUrl(),
            "--topic-prefix",
            address.topicPrefix());
    return new Command(heapMegabytes, Stream.concat(arguments, where).toList());
  }
}
