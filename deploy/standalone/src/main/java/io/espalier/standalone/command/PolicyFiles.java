package io.espalier.standalone.command;

import io.espalier.schemas.policy.Policies;
import io.espalier.schemas.policy.Policy;
import io.espalier.schemas.policy.PolicyFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** Policy files that are given on the command line. */
final class PolicyFiles {
  private static final String STANDARD_INPUT = "-";

  static final String NAMES = "-f";

  /** Files that must be given. */
  static final class Required {
    @Option(
        names = {NAMES, "--file"},
        required = true,
        paramLabel = "FILE",
        description =
            "Policy file, YAML or JSON, of one or more documents; - for standard input. Repeat for"
                + " several.")
    private List<String> files = new ArrayList<>();

    List<Policy> policies() {
      return read(files);
    }
  }

  private PolicyFiles() {}

  /**
   * The policies of files.
   *
   * @throws io.espalier.schemas.policy.InvalidPolicyException with every problem of all of them
   */
  static List<Policy> read(List<String> files) {
    return Policies.together(files.stream().map(PolicyFiles::read).toList()).orThrow();
  }

  private static Policies read(String file) {
    return file.equals(STANDARD_INPUT)
        ? PolicyFile.read("standard input", System.in)
        : PolicyFile.read(Path.of(file));
  }
}
