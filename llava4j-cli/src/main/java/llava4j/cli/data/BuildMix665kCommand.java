package llava4j.cli.data;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import llava4j.cli.option.TokenizerChoice;
import llava4j.data.mixture.MixtureBuild;
import llava4j.data.mixture.MixtureOptions;
import llava4j.data.mixture.MixtureSource;
import llava4j.data.mixture.rule.TokenCounter;
import llava4j.data.mixture.source.ImageFolder;
import llava4j.data.mixture.source.ImageSizes;
import llava4j.text.tokenizer.Tokenizer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `llava data build mix665k --sources DIR --out FILE`
@Command(
    name = "mix665k",
    description = "Build the paper's mixture of stage 2 from the files of its ten sources.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava data build mix665k --sources sources --tokenizer vicuna-7b-v1.5 --out mix665k.json",
      "  llava data build mix665k --sources sources --only vqav2,gqa,vg --out part.json",
      "",
      "DIR holds a folder for each source: llava_instruct, sharegpt, vqav2, gqa, okvqa, ocr_vqa, aokvqa,",
      "textcaps, refcoco, refcoco+, refcocog, vg. What is missing there is said before any work begins."
    })
final class BuildMix665kCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--sources",
      required = true,
      paramLabel = "DIR",
      description = "The sources' own annotation files, a folder each.")
  private Path sources;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The JSON to write, for 'llava train --data'.")
  private Path out;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description =
          "The images: boxes are scaled by their sizes. Default: by the sizes in the annotations.")
  private Path images;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "What is left to chance repeats with it. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--tokenizer",
      paramLabel = "MODEL",
      description =
          "The model whose tokens count for ShareGPT's limit of 2048: a folder, a tokenizer.model,"
              + " or a hub's name that was pulled. Without it they are estimated.")
  private String tokenizer;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "SOURCE",
      description =
          "Some of: llava-instruct, sharegpt, vqav2, gqa, okvqa, ocrvqa, aokvqa, textcaps, refcoco,"
              + " vg. Default: all.")
  private List<String> only;

  @Override
  public Integer call() {
    List<MixtureSource> all = MixtureSource.mix665k();
    List<MixtureSource> chosen = only == null ? all : MixtureSource.parse(only, all);
    ImageSizes sizes = images == null ? ImageSizes.stated() : new ImageFolder(images);
    PrintWriter err = spec.commandLine().getErr();
    if (tokenizer == null) {
      build(chosen, MixtureOptions.ofThePaper(seed, TokenCounter.estimate(), sizes));
      if (chosen.contains(MixtureSource.SHAREGPT)) {
        err.println(
            "llava: without --tokenizer, the 2048 tokens of a ShareGPT conversation were estimated"
                + " as one for three bytes, so some are cut earlier or later than they should be");
      }
      return 0;
    }
    try (Tokenizer opened = TokenizerChoice.open(tokenizer, err)) {
      TokenCounter tokens = text -> opened.encode(text, false).length;
      build(chosen, MixtureOptions.ofThePaper(seed, tokens, sizes));
    }
    return 0;
  }

  private void build(List<MixtureSource> chosen, MixtureOptions options) {
    MixtureBuild build = MixtureBuild.of(sources, chosen, options);
    BuildReport report = new BuildReport(spec.commandLine().getOut());
    report.run("mix665k", build, out);
  }
}
