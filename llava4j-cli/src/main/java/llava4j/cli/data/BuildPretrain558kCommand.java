package llava4j.cli.data;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import llava4j.data.mixture.MixtureBuild;
import llava4j.data.mixture.MixtureOptions;
import llava4j.data.mixture.MixtureSource;
import llava4j.data.mixture.rule.TokenCounter;
import llava4j.data.mixture.source.ImageSizes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `llava data build pretrain558k --sources DIR --out FILE`
@Command(
    name = "pretrain558k",
    description = "Check and write the captions of stage 1 (LCS-558K).",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava data build pretrain558k --sources sources --out pretrain558k.json",
      "",
      "DIR contains lcs558k/blip_laion_cc_sbu_558k.json."
    })
final class BuildPretrain558kCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--sources",
      required = true,
      paramLabel = "DIR",
      description = "The folder that contains the folder lcs558k.")
  private Path sources;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The JSON file to write, for 'llava train --data'.")
  private Path out;

  @Override
  public Integer call() {
    // no random choices, no boxes and no limits here
    MixtureOptions options =
        MixtureOptions.ofThePaper(0, TokenCounter.estimate(), ImageSizes.stated());
    MixtureBuild build = MixtureBuild.of(sources, MixtureSource.pretrain558k(), options);
    new BuildReport(spec.commandLine().getOut()).run("pretrain558k", build, out);
    return 0;
  }
}
