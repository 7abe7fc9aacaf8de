package io.espalier.standalone.command;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.espalier.schemas.policy.PolicyFile;
import io.espalier.standalone.report.Result;
import picocli.CommandLine.Command;

/** Prints the JSON schema of policies. */
@Command(
    name = "schema",
    description =
        "Print the JSON schema of policies, with which editors complete and check them. It also"
            + " lies in the distribution, as schemas/pruning-policy.schema.json.")
final class PolicySchemaCommand extends Task {
  @Override
  Result run() throws JsonProcessingException {
    String schema = PolicyFile.schema();
    return Result.of(new ObjectMapper().readTree(schema), schema);
  }
}
