package llava4j.cli.doctor;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import llava4j.cli.doctor.Finding.Advice;
import llava4j.cli.doctor.Finding.Fault;
import llava4j.cli.doctor.Finding.Figure;
import llava4j.cli.doctor.Finding.Good;
import llava4j.quant.VectorSupport;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Processor;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.leptonica.global.leptonica;

/// The native libraries: can each be loaded? And the vector instructions that they and our kernels
/// use. ONNX Runtime is loaded by the check of its kernels.
record NativesCheck() implements Check {
  @Override
  public String name() {
    return "natives";
  }

  @Override
  public List<Finding> run() {
    Map<String, Runnable> libraries = new LinkedHashMap<>();
    libraries.put("libtorch", NativeRuntime::numThreads);
    libraries.put("leptonica (images)", () -> Loader.load(leptonica.class));
    libraries.put("tokenizers", ai.djl.huggingface.tokenizers.jni.LibUtils::checkStatus);
    libraries.put("sentencepiece", ai.djl.sentencepiece.jni.LibUtils::loadLibrary);
    List<Finding> findings = new ArrayList<>();
    libraries.forEach((name, load) -> findings.add(loaded(name, load)));
    if (findings.getFirst() instanceof Good) {
      findings.addAll(instructions(Processor.ofThisMachine(), NativeRuntime.cpuCapability()));
    }
    return findings;
  }

  static Finding loaded(String name, Runnable load) {
    long start = System.nanoTime();
    try {
      load.run();
    } catch (RuntimeException | LinkageError e) {
      Throwable cause = e;
      while (cause.getCause() != null) {
        cause = cause.getCause();
      }
      return new Fault(
          name + " cannot be loaded (" + cause.getMessage() + ")",
          "install the libraries that this names (on Linux glibc 2.35 and libstdc++ of GCC 12, or newer), or make room in"
              + " the caches below");
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    return new Good(
        String.format(Locale.ROOT, "%s, loaded in %.2f s", name, seconds),
        List.of(new Figure("seconds", seconds)));
  }

  /// @param capability libtorch's name of the instructions it uses
  static List<Finding> instructions(Processor processor, String capability) {
    String found =
        processor.name()
            + " with "
            + (processor.flags().isEmpty() ? "no flags" : String.join(" ", processor.flags()))
            + "; libtorch uses "
            + capability
            + ", our kernels "
            + VectorSupport.describe();
    if (capability.equals("DEFAULT") || capability.equals("NO AVX")) {
      return List.of(
          new Advice(
              found + ": without AVX2 everything is several times slower",
              "unset ATEN_CPU_CAPABILITY, or use a processor (or a virtual machine's type of one)"
                  + " with AVX2"));
    }
    return List.of(Finding.good(found));
  }
}
