package llava4j.cli.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import llava4j.cli.option.ThreadOption;
import llava4j.tiny.model.FreshModel;
import llava4j.tiny.model.Vocabulary;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `llava init --text FILE... --out DIR`
@Command(
    name = "init",
    description = "Make a small untrained LLaVA with its own vocabulary.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExample:%n",
    footer = {"  llava init --text tiny-data/texts.json tiny-data/captions.json --out tiny-0"})
public final class InitCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--text",
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "Sample files; the vocabulary is made from their texts.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The output folder of the model, new or empty.")
  private Path out;

  @Option(
      names = "--vocab",
      paramLabel = "N",
      defaultValue = "4096",
      description =
          "Size of the vocabulary, not counting the pieces for recurring phrases. Default: ${DEFAULT-VALUE}.")
  private int vocab;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Random seed of the weights. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private ThreadOption threads;

  @Override
  public Integer call() {
    threads.apply();
    FreshModel.tiny(Vocabulary.of(files, vocab), seed).write(out);
    spec.commandLine().getOut().println(out);
    return 0;
  }
}
