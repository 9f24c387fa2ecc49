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
    description = "Build the paper's stage 2 mixture from the files of its ten sources.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava data build mix665k --sources sources --tokenizer vicuna-7b-v1.5 --out mix665k.json",
      "  llava data build mix665k --sources sources --only vqav2,gqa,vg --out part.json",
      "",
      "DIR has one folder per source: llava_instruct, sharegpt, vqav2, gqa, okvqa, ocr_vqa, aokvqa,",
      "textcaps, refcoco, refcoco+, refcocog, vg. Missing files are listed before any work starts."
    })
final class BuildMix665kCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--sources",
      required = true,
      paramLabel = "DIR",
      description = "The folder of the sources' annotation files, one folder per source.")
  private Path sources;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The JSON file to write, for 'llava train --data'.")
  private Path out;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      description =
          "The folder of the images. Their sizes scale the boxes. Default: the sizes in the annotations.")
  private Path images;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Random seed; the same seed gives the same file. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--tokenizer",
      paramLabel = "MODEL",
      description =
          "The model whose tokenizer counts the 2048 tokens that a ShareGPT conversation may have: a"
              + " folder, a tokenizer.model, or a hub model that was pulled. Default: an estimate.")
  private String tokenizer;

  @Option(
      names = "--only",
      split = ",",
      paramLabel = "SOURCE",
      description =
          "Only these sources, separated by commas: llava-instruct, sharegpt, vqav2, gqa, okvqa, ocrvqa, aokvqa, textcaps, refcoco,"
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
            "llava: without --tokenizer, the limit of 2048 tokens of a ShareGPT conversation was estimated"
                + " with one token per three bytes, so some conversations are cut too early or too late");
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
