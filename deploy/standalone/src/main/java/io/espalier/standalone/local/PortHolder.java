package io.espalier.standalone.local;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Process on a port of this machine, as Linux tells it: {@code /proc/net/tcp} has the number of
 * each socket, and each process a link to the sockets that it has.
 */
final class PortHolder {
  private static final String LISTENS = "0A";
  private static final int ADDRESS = 1;
  private static final int STATE = 3;
  private static final int INODE = 9;

  private PortHolder() {}

  /** The process, in words; empty if it is another user's, or this is no Linux. */
  static Optional<String> of(int port) {
    Set<String> sockets =
        Stream.of("/proc/net/tcp", "/proc/net/tcp6")
            .flatMap(table -> lines(Path.of(table)).stream())
            .map(line -> line.strip().split("\\s+", -1))
            .filter(fields -> fields.length > INODE && fields[STATE].equals(LISTENS))
            .filter(fields -> fields[ADDRESS].endsWith(String.format(Locale.ROOT, ":%04X", port)))
            .map(fields -> "socket:[" + fields[INODE] + "]")
            .collect(Collectors.toSet());
    return sockets.isEmpty()
        ? Optional.empty()
        : ProcessHandle.allProcesses()
            .filter(process -> has(process, sockets))
            .findFirst()
            .map(PortHolder::inWords);
  }

  private static boolean has(ProcessHandle process, Set<String> sockets) {
    Path open = Path.of("/proc/%d/fd".formatted(process.pid()));
    try (DirectoryStream<Path> links = Files.newDirectoryStream(open)) {
      for (Path link : links) {
        if (sockets.contains(target(link))) {
          return true;
        }
      }
      return false;
    } catch (IOException notOurs) {
      return false;
    }
  }

  private static String target(Path link) {
    try {
      return Files.readSymbolicLink(link).toString();
    } catch (IOException closedMeanwhile) {
      return "";
    }
  }

  private static String inWords(ProcessHandle process) {
    return process
        .info()
        .command()
        .map(command -> "process %d (%s)".formatted(process.pid(), command))
        .orElse("process " + process.pid());
  }

  private static List<String> lines(Path table) {
    try {
      return Files.readAllLines(table);
    } catch (IOException noLinux) {
      return List.of();
    }
  }
}
