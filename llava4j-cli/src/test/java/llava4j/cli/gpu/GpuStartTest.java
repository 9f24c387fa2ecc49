package llava4j.cli.gpu;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import llava4j.cli.gpu.GpuDriver.Gpu;
import llava4j.data.fetch.PackageClient;
import llava4j.data.fetch.PinnedPackage;
import llava4j.error.BadInputException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is brought for a GPU, from a repository that is a map.
class GpuStartTest {
  private static final GpuDriver GOOD =
      new GpuDriver(Optional.of("580.65.06"), List.of(new Gpu("NVIDIA H200", 9.0)));
  private static final GpuDriver NONE = new GpuDriver(Optional.empty(), List.of());

  @TempDir private Path work;
  private final Map<String, byte[]> repository = new HashMap<>();
  private final Map<String, String> environment = new HashMap<>();
  private final List<String> downloaded = new ArrayList<>();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private boolean offline;

  @BeforeEach
  void prepare() throws Exception {
    byte[] torch = zip("org/x/linux-x86_64-gpu/libtorch_cuda.so", "org/x/libjnitorch.so");
    repository.put("torch-1.0-gpu.jar", torch);
    byte[] redist = zip("org/x/libcudart.so.13", "org/x/libnvJitLink.so.13", "org/x/libcuda.so.1");
    repository.put("redist-2.0-x.jar", redist);
    repository.put("nvidia-blas-3.0.whl", zip("nvidia/cu13/lib/libcublas.so.13", "nvidia/a.py"));
    repository.put("nvidia-jit-4.0.whl", zip("nvidia/cu13/lib/libnvJitLink.so.13"));
    list(
        "set\ttest",
        "maven\torg.x:torch\tgpu\t1.0\t" + sum(torch) + "\t" + 455_000_000,
        "maven\torg.x:redist\tx\t2.0\t" + sum(redist) + "\t" + 344_000_000,
        "pypi\tnvidia-jit\t4.0",
        "pypi\tnvidia-blas\t3.0",
        "needs\tlibtorch_cuda.so",
        "needs\tlibcublas.so.13");
    environment.put("XDG_CACHE_HOME", work.resolve("cache").toString());
  }

  @AfterEach
  void clear() {
    System.clearProperty(GpuPackages.PROPERTY);
  }

  @Test
  void bringsEverythingOnceAndSaysTheSize() throws IOException {
    String folders = started("cuda", GOOD);
    assertThat(text()).contains("799 MB from Maven Central", "2 packages of NVIDIA", "downloading");
    assertThat(downloaded)
        .containsExactly(
            "torch-1.0-gpu.jar", "redist-2.0-x.jar", "nvidia-jit-4.0.whl", "nvidia-blas-3.0.whl");
    Path libraries = Path.of(folders.split(":", -1)[0]);
    assertThat(libraries.resolve("libtorch_cuda.so")).exists();
    assertThat(libraries.resolve("libcublas.so.13")).exists();
    assertThat(libraries.resolve("libcuda.so.1")).doesNotExist(); // the driver's own
    assertThat(libraries.resolve("libnvJitLink.so.13").toRealPath().toString())
        .contains("nvidia-jit"); // as new as those that need it
    err.reset();
    assertThat(started("cuda:1", GOOD)).isEqualTo(folders);
    assertThat(started("auto", GOOD)).isEqualTo(folders);
    assertThat(text()).isEmpty();
    assertThat(downloaded).hasSize(4);
  }

  @Test
  void withoutADriverNothingIsDownloaded() {
    assertThat(run("cuda", NONE)).isEqualTo(GpuStart.REFUSED);
    assertThat(text())
        .startsWith("llava: device cuda cannot be used: this machine has no NVIDIA driver")
        .hasLineCount(1);
    GpuDriver old = new GpuDriver(Optional.of("570.1"), List.of());
    assertThat(run("cuda:0", old)).isEqualTo(GpuStart.REFUSED);
    assertThat(text()).contains("driver 570.1 is too old").hasLineCount(2);
    assertThat(downloaded).isEmpty();
  }

  @Test
  void autoDownloadsNothingAndSaysWhy() throws IOException {
    assertThat(started("auto", GOOD)).isEmpty();
    assertThat(text()).contains("device auto is the processor: the libraries for the GPU are not");
    assertThat(started("auto", NONE)).isEmpty();
    assertThat(text()).contains("has no NVIDIA driver").hasLineCount(2);
    assertThat(downloaded).isEmpty();
  }

  @Test
  void whatWasInterruptedGoesOn() throws IOException {
    byte[] last = repository.remove("nvidia-blas-3.0.whl");
    assertThat(run("cuda", GOOD)).isEqualTo(GpuStart.REFUSED);
    assertThat(started("auto", GOOD)).isEmpty(); // half is not ready
    assertThat(downloaded).hasSize(3);
    repository.put("nvidia-blas-3.0.whl", last);
    assertThat(started("cuda", GOOD)).isNotEmpty();
    assertThat(downloaded).hasSize(4).doesNotHaveDuplicates();
  }

  @Test
  void aDamagedArchiveIsNotUsed() {
    repository.put("torch-1.0-gpu.jar", new byte[] {1, 2, 3});
    assertThat(run("cuda", GOOD)).isEqualTo(GpuStart.REFUSED);
    assertThat(text()).contains("its SHA-1 is", "expected");
    assertThat(work.resolve("cache/llava4j/packages/torch-1.0-gpu.jar")).doesNotExist();
  }

  @Test
  void offlineIsOneSentenceWithTheWayOut() {
    offline = true;
    assertThat(run("cuda", GOOD)).isEqualTo(GpuStart.REFUSED);
    assertThat(text().lines().filter(line -> line.contains("cannot be used")).toList())
        .singleElement()
        .asString()
        .contains("no network", "yourself");
  }

  @Test
  void librariesOfTheUserTakeThePlaceOfNvidiasPackages() throws IOException {
    Path own = Files.createDirectories(work.resolve("toolkit/lib64"));
    environment.put("LLAVA_CUDA_LIBRARIES", own.getParent().toString());
    assertThat(run("cuda", GOOD)).isEqualTo(GpuStart.REFUSED);
    assertThat(text()).contains("libcublas.so.13 is not in " + own.getParent());
    Files.createFile(own.resolve("libcublas.so.13"));
    Path libraries = Path.of(started("cuda", GOOD).split(":", -1)[0]);
    assertThat(libraries.resolve("libcublas.so.13").toRealPath()).startsWith(own.toRealPath());
    assertThat(downloaded).containsExactly("torch-1.0-gpu.jar", "redist-2.0-x.jar");
    environment.put("LLAVA_CUDA_LIBRARIES", own.resolve("nowhere").toString());
    assertThat(run("cuda", GOOD)).isEqualTo(GpuStart.REFUSED);
    assertThat(text()).contains("which is no folder");
  }

  @Test
  void theListOfThisBuildHasWhatLibtorchNeeds() {
    System.clearProperty(GpuPackages.PROPERTY);
    GpuPackages packages = GpuPackages.ofThisBuild();
    assertThat(packages.bytes()).isEqualTo(798_757_011L);
    assertThat(packages.needed()).contains("libtorch_cuda.so", "libcudart.so.13");
    assertThat(packages.packages())
        .filteredOn(pinned -> pinned.registry() == PinnedPackage.Registry.MAVEN)
        .allSatisfy(pinned -> assertThat(pinned.digest()).hasSize(40));
    // of the version whose classes are on the class path
    assertThat(System.getProperty("java.class.path"))
        .contains(packages.packages().getFirst().version());
  }

  private String started(String device, GpuDriver driver) throws IOException {
    assertThat(run(device, driver)).as(text()).isZero();
    return Files.readString(work.resolve("result"));
  }

  private int run(String device, GpuDriver driver) {
    PackageClient client =
        (wanted, folder) -> {
          byte[] archive = repository.get(wanted.file());
          if (offline || archive == null) {
            throw new BadInputException("no network; put " + wanted.file() + " there yourself");
          }
          downloaded.add(wanted.file());
          try {
            Files.write(folder.resolve(wanted.file()), archive);
          } catch (IOException e) {
            throw new AssertionError(e);
          }
        };
    PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
    return new GpuStart(environment, driver, client, stream).run(device, work.resolve("result"));
  }

  private String text() {
    return err.toString(StandardCharsets.UTF_8);
  }

  private void list(String... lines) throws IOException {
    Path file = work.resolve("packages.tsv");
    Files.write(file, List.of(lines));
    System.setProperty(GpuPackages.PROPERTY, file.toString());
  }

  private static byte[] zip(String... names) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      for (String name : names) {
        zip.putNextEntry(new ZipEntry(name));
        write(zip);
      }
    }
    return bytes.toByteArray();
  }

  private static void write(OutputStream out) throws IOException {
    out.write('A');
  }

  private static String sum(byte[] bytes) throws Exception {
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(bytes));
  }
}
