package io.espalier.standalone.command;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Prints what a shell completes commands and options by. */
@Command(
    name = "completion",
    description =
        "Print a script by which a shell completes commands and options: `source <(espalier"
            + " completion bash)`.")
final class CompletionCommand implements Callable<Integer> {
  /** Shells that read the script. */
  enum Shell {
    BASH,
    /** Reads the script of bash by its {@code bashcompinit}, which the script asks for. */
    ZSH
  }

  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "SHELL", description = "bash or zsh.")
  private Shell shell = Shell.BASH;

  @Override
  public Integer call() {
    if (spec == null) {
      throw new IllegalStateException("a command must be run by the parser");
    }
    PrintWriter out = spec.commandLine().getOut();
    out.print(AutoComplete.bash("espalier", Espalier.commandLine()));
    out.flush();
    return 0;
  }
}
