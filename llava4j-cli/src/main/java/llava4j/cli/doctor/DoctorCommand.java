package llava4j.cli.doctor;

import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import llava4j.checkpoint.hub.HubSettings;
import llava4j.cli.doctor.DiskCheck.Place;
import llava4j.cli.option.BundledModel;
import llava4j.cli.option.ThreadOption;
import llava4j.model.kernel.MachineKernels;
import llava4j.model.load.AvailableMemory;
import llava4j.quant.VectorSupport;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.ThreadCount;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `llava doctor`
@Command(
    name = "doctor",
    description =
        "Examine this machine and what llava runs on it: Java, native libraries, kernels, memory.",
    mixinStandardHelpOptions = true,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {"0:llava works here", "1:something is wrong"},
    footerHeading = "%nExamples:%n",
    footer = {"  llava doctor", "  llava doctor --json", "  llava doctor --measure-kernels"})
public final class DoctorCommand implements Callable<Integer> {
  private static final int SOMETHING_WRONG = 1;

  /// Room for the native libraries, unpacked.
  private static final long NATIVES = 700L << 20;

  /// Room for the tokenizers' libraries.
  private static final long SMALL = 32L << 20;

  /// Room for a 7B.
  private static final long MODEL = 15L << 30;

  @Spec private CommandSpec spec;
  @Mixin private ThreadOption threadOption;

  @Option(names = "--json", description = "Print one JSON object, with all measurements.")
  private boolean json;

  @Option(
      names = "--measure-kernels",
      description =
          "Also time all kernels for quantised weights (half a minute), and keep for this machine and number of threads"
              + " which are fastest: large models that are loaded from then on use them.")
  private boolean measureKernels;

  @Override
  public Integer call() {
    NativeRuntime.chooseThreads(threadOption.asked());
    NativeRuntime.prepareForInference();
    List<Check> checks = new ArrayList<>(checks(NativeRuntime.chosenThreads()));
    if (measureKernels) {
      checks.add(new KernelChoice(MachineKernels.ofProcess()::measure));
    }
    Examination examination = Examination.of(checks);
    PrintWriter out = spec.commandLine().getOut();
    if (json) {
      out.println(DoctorJson.of(examination));
    } else {
      DoctorText.print(examination, out);
    }
    return examination.faults() == 0 ? 0 : SOMETHING_WRONG;
  }

  private static List<Check> checks(ThreadCount threads) {
    return List.of(
        new JavaCheck(
            Runtime.version(),
            ManagementFactory.getRuntimeMXBean().getInputArguments(),
            VectorSupport.isAvailable()),
        new EnvironmentCheck(System.getenv()),
        new ThreadsCheck(threads, Runtime.getRuntime().availableProcessors()),
        new MemoryCheck(
            AvailableMemory.ofThisProcess().bytes(),
            AvailableMemory.ofThisProcess().isLimitedByGroup(),
            Runtime.getRuntime().maxMemory()),
        new DiskCheck(places(System.getenv())),
        new NativesCheck(),
        new LateCheck("devices", DeviceCheck::ofThisMachine),
        new MatrixSpeed(threads.count()),
        new AttentionCheck(),
        new HalfKernels(),
        new ByteKernels(),
        new BlockKernels(),
        new ModelCheck(
            Optional.ofNullable(System.getProperty(BundledModel.CHECKOUT)).map(Path::of)));
  }

  private static Map<String, Place> places(Map<String, String> environment) {
    Map<String, Place> places = new LinkedHashMap<>();
    Path home = Path.of(System.getProperty("user.home"));
    if (!"false".equals(System.getProperty("org.bytedeco.javacpp.findLibraries"))) {
      String cache = System.getProperty("org.bytedeco.javacpp.cachedir");
      Path folder = cache == null ? home.resolve(".javacpp/cache") : Path.of(cache);
      places.put(
          "native libraries", new Place(folder, Files.isDirectory(folder) ? SMALL : NATIVES));
      places.put("tokenizers", new Place(home.resolve(".djl.ai"), SMALL));
    }
    places.put("temporary files", new Place(Path.of(System.getProperty("java.io.tmpdir")), SMALL));
    places.put(
        "models of hubs", new Place(HubSettings.fromEnvironment(environment).cache(), MODEL));
    return places;
  }
}
