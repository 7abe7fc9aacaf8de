package io.espalier.standalone.command;

import picocli.CommandLine.Command;

/** Models of a running system. */
@Command(
    name = "models",
    description = "Make models known to a running system.",
    synopsisSubcommandLabel = "COMMAND",
    subcommands = RegisterCommand.class)
final class ModelsCommand {}
