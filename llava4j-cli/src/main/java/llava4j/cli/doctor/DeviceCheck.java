package llava4j.cli.doctor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import llava4j.cli.doctor.Finding.Advice;
import llava4j.cli.doctor.Finding.NotRun;
import llava4j.cli.gpu.GpuDriver;
import llava4j.tensor.DType;
import llava4j.tensor.Device;
import llava4j.tensor.Scope;
import llava4j.tensor.Tensors;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/// NVIDIA's driver and the GPUs that libtorch sees. No GPU is no fault.
///
/// @param root of the file system that holds `proc`
/// @param devices number of GPUs that libtorch can use
record DeviceCheck(Path root, long devices) implements Check {
  private static final Pattern MODEL = Pattern.compile("(?m)^Model:\\s*(.*)$");
  private static final int SIZE = 519;

  /// The GPUs of this machine. Loads libtorch.
  static DeviceCheck ofThisMachine() {
    return new DeviceCheck(Path.of("/"), torch.cuda_is_available() ? torch.cuda_device_count() : 0);
  }

  @Override
  public String name() {
    return "devices";
  }

  @Override
  public List<Finding> run() {
    Optional<String> driver = GpuDriver.module(root);
    List<String> models = models();
    if (devices > 0) {
      List<Finding> findings = new ArrayList<>();
      findings.add(
          Finding.good(
              devices
                  + " CUDA device(s): "
                  + String.join(", ", models)
                  + "; driver "
                  + driver.orElse("unknown")));
      for (int index = 0; index < devices; index++) {
        findings.add(product(new Device.Cuda(index)));
      }
      return findings;
    }
    if (!models.isEmpty()) {
      return List.of(
          new Advice(
              String.join(", ", models)
                  + " with driver "
                  + driver.orElse("of unknown version")
                  + " is not used: libtorch sees no GPU",
              "start with LLAVA_DEVICE=cuda, or stay with the processor"));
    }
    return List.of(new NotRun("no GPU; the processor computes"));
  }

  private static Finding product(Device device) {
    Trial trial = new Trial("fp32 matrix product on " + device, "use --device cpu");
    Random random = new Random(17);
    float[] x = Numbers.RANDOM.floats(random, SIZE * SIZE);
    try (Scope _ = new Scope()) {
      Tensor host = Tensors.ofFloats(x, SIZE, SIZE);
      Tensor there = Tensors.to(host, device, DType.F32);
      float[] found = Tensors.toFloats(there.matmul(there));
      for (int row = 0; row < SIZE; row++) {
        for (int column = 0; column < SIZE; column += SIZE / 4) {
          double sum = 0;
          double magnitude = 0;
          for (int i = 0; i < SIZE; i++) {
            double term = (double) x[row * SIZE + i] * x[i * SIZE + column];
            sum += term;
            magnitude += Math.abs(term);
          }
          trial.expect(
              found[row * SIZE + column], sum, magnitude * SIZE * 0x1p-24, "random numbers");
        }
      }
    }
    return trial.finding();
  }

  private List<String> models() {
    Path gpus = root.resolve("proc/driver/nvidia/gpus");
    if (!Files.isDirectory(gpus)) {
      return List.of();
    }
    try (Stream<Path> folders = Files.list(gpus)) {
      return folders
          .sorted()
          .map(folder -> text(folder.resolve("information")).flatMap(t -> first(MODEL, t)))
          .flatMap(Optional::stream)
          .map(String::strip)
          .toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Optional<String> first(Pattern pattern, String text) {
    Matcher matcher = pattern.matcher(text);
    return matcher.find() ? Optional.of(matcher.group(1)) : Optional.empty();
  }

  private static Optional<String> text(Path file) {
    try {
      return Files.isReadable(file) ? Optional.of(Files.readString(file)) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty(); // the driver was unloaded meanwhile
    }
  }
}
