package llava4j.cli.model;

import java.util.concurrent.Callable;
import llava4j.cli.option.HubDownloads;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava pull owner/name[@revision]`
@Command(
    name = "pull",
    description =
        "Download a model from a Hugging Face compatible hub into the cache, which is shared with the Python"
            + " tools. The variables HF_ENDPOINT, HF_TOKEN and HF_HOME have their usual meaning.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava pull llava-hf/llava-1.5-7b-hf",
      "  HF_ENDPOINT=https://hub.example.org llava pull team/model@main"
    })
public final class PullCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "OWNER/NAME[@REVISION]", description = "The model to download.")
  private String name;

  @Option(
      names = "--offline",
      description = "Do not download; print the folder of the model in the cache.")
  private boolean offline;

  @Override
  public Integer call() {
    spec.commandLine()
        .getOut()
        .println(new HubDownloads(offline, spec.commandLine().getErr()).folderOf(name));
    return 0;
  }
}
