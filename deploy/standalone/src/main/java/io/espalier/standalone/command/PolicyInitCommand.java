package io.espalier.standalone.command;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.espalier.standalone.model.StarterPolicy;
import io.espalier.standalone.report.Result;
import io.espalier.worker.domain.InvalidInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Writes a policy to begin with. */
@Command(
    name = "init",
    description =
        "Write a commented policy to begin with: the algorithm that suits a model, a budget that it"
            + " can meet, and a gate.")
final class PolicyInitCommand extends Task {
  @Option(names = "--model", required = true, paramLabel = "DIR", description = "Model directory.")
  private Path model = Path.of("");

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "A new file to write. Default: standard output.")
  private @Nullable Path out;

  @Override
  Result run() {
    String policy = StarterPolicy.of(model);
    var json = JsonNodeFactory.instance.objectNode().put("policy", policy);
    if (out == null) {
      return Result.of(json, policy);
    }
    write(out, policy);
    return Result.of(json.put("file", out.toString()), "wrote " + out);
  }

  private static void write(Path file, String policy) {
    byte[] bytes = policy.getBytes(StandardCharsets.UTF_8);
    try {
      Files.write(file, bytes, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (FileAlreadyExistsException there) {
      throw new InvalidInputException(
          "--out %s: wanted a new file, found one; choose another name or move it".formatted(file));
    } catch (IOException failed) {
      throw new InvalidInputException("--out %s cannot be written: %s".formatted(file, failed));
    }
  }
}
