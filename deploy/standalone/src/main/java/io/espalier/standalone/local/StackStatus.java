package io.espalier.standalone.local;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.espalier.standalone.report.Result;
import io.espalier.standalone.report.TextTable;
import java.nio.file.Path;
import java.util.Optional;

/** Status of what {@code up} runs in a directory, for people and programs. */
public final class StackStatus {
  private static final String UP = "up";

  private StackStatus() {}

  /**
   * The state of a directory.
   *
   * @param otherwise exit code unless everything works
   */
  public static Result of(Path directory, int otherwise) {
    Optional<StackRecord> running = new StackFile(directory).running();
    if (running.isEmpty()) {
      ObjectNode json = JsonNodeFactory.instance.objectNode();
      return Result.of(
              json.put(UP, false).put("ready", false).put("directory", directory.toString()),
              "`up` is not running in %s; `espalier up` starts everything".formatted(directory))
          .withExitCode(otherwise);
    }
    StackRecord stack = running.get();
    Result result = Result.of(json(directory, stack), table(directory, stack));
    return isReady(stack) ? result : result.withExitCode(otherwise);
  }

  private static boolean isReady(StackRecord stack) {
    return stack.ready()
        && stack.services().stream().allMatch(service -> service.state().equals("works"));
  }

  private static ObjectNode json(Path directory, StackRecord stack) {
    ObjectNode json = JsonNodeFactory.instance.objectNode().put(UP, true);
    json.setAll(stack.json());
    json.put("ready", isReady(stack)).put("directory", directory.toString());
    for (int i = 0; i < stack.services().size(); i++) {
      ((ObjectNode) json.path("services").path(i)).put("state", stack.services().get(i).state());
    }
    return json;
  }

  private static String table(Path directory, StackRecord stack) {
    var services =
        new TextTable("service", "state", "process", "since", "restarts", "address", "log");
    for (StackRecord.Service service : stack.services()) {
      services.row(
          service.name(),
          service.state(),
          Long.toString(service.process().id()),
          service.process().since().toString(),
          Integer.toString(service.restarts()),
          service.address(),
          service.log().startsWith(directory)
              ? directory.relativize(service.log()).toString()
              : service.log().toString());
    }
    return """
    %s since %s, process %d
    directory  %s
    pool       %s

    %s\
    """
        .formatted(
            isReady(stack) ? "ready" : "up, but not everything works;",
            stack.owner().since(),
            stack.owner().id(),
            directory,
            stack.pool(),
            services);
  }
}
