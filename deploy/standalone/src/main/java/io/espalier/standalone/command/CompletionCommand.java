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
  /** Shells that read the script, and what they need before it. */
  enum Shell {
    BASH(""),
    /** The script asks for {@code bashcompinit}, which works only after this. */
    ZSH("autoload -U +X compinit && compinit\n");

    private final String before;

    Shell(String before) {
      this.before = before;
    }
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
    out.print(shell.before);
    out.print(AutoComplete.bash("espalier", Espalier.commandLine()));
    out.flush();
    return 0;
  }
}
