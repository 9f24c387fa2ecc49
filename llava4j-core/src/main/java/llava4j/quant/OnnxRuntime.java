package llava4j.quant;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;

/// ONNX Runtime's environment, which is one for the process.
final class OnnxRuntime {
  /// On Linux the library looks through the process's command line with a regular expression that
  /// recurses once and again for each character (1.29). A class path of four thousand characters
  /// overflows an ordinary thread's stack, and the process dies without a word. This is enough for
  /// the longest command line there can be, 2 MB; only what is used is taken.
  private static final long STACK_BYTES = 1L << 29;

  private OnnxRuntime() {}

  /// The environment, made by the first call.
  static OrtEnvironment environment() {
    return Holder.ENVIRONMENT;
  }

  /// Java's way to run something once, at the first use. The work is the outer class's: another
  /// thread does it, which would wait for this class for ever.
  private static final class Holder {
    private static final OrtEnvironment ENVIRONMENT = make();
  }

  private static OrtEnvironment make() {
    OrtEnvironment[] made = new OrtEnvironment[1];
    Thread thread =
        new Thread(
            null, () -> made[0] = OrtEnvironment.getEnvironment(), "onnxruntime", STACK_BYTES);
    thread.start();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (made[0] == null) {
      throw new IllegalStateException(
          "ONNX Runtime, which multiplies quantised weights, does not start on this machine; use"
              + " --weights fp16 or fp32");
    }
    try {
      made[0].setTelemetry(false);
    } catch (OrtException e) {
      throw new IllegalStateException("ONNX Runtime failed: " + e.getMessage(), e);
    }
    return made[0];
  }
}
