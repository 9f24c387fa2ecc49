package llava4j.cli.data;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import llava4j.cli.option.PixelLimit;
import llava4j.data.stats.StatisticsReport;
import llava4j.image.decode.DecodeOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// `llava data stats FILE --images DIR --out DIR`
@Command(
    name = "stats",
    description =
        "Write an HTML page about a sample file: statistics and examples for each source.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExamples:%n",
    footer = {
      "  llava data stats llava_v1_5_mix665k.json --images data --out stats",
      "  llava data stats mine.json --images mine --out stats --examples 20 --seed 7"
    })
final class DataStatsCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "FILE",
      description = "The training samples, as LLaVA's JSON, or as JSONL (one object per line).")
  private Path file;

  @Option(
      names = "--images",
      paramLabel = "DIR",
      defaultValue = ".",
      description = "The folder of the samples' images. Default: the current folder.")
  private Path images;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The output folder of stats.html, which contains its images.")
  private Path out;

  @Option(
      names = "--examples",
      paramLabel = "N",
      defaultValue = "6",
      description = "Number of examples per source, 0 to 100. Default: ${DEFAULT-VALUE}.")
  private int examples;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "0",
      description = "Random seed that selects the examples. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private PixelLimit limit;

  @Override
  public Integer call() {
    StatisticsReport report =
        new StatisticsReport(
            images, DecodeOptions.defaults().withMaxPixels(limit.pixels()), examples, seed);
    try (SampleProgress progress = new SampleProgress("counting")) {
      spec.commandLine().getOut().println(report.write(file, out, progress));
    }
    return 0;
  }
}
