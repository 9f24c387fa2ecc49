package llava4j.cli.doctor;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import llava4j.cli.doctor.Finding.Advice;

/// Environment variables that change how the native libraries compute.
///
/// @param environment such as `System.getenv()`
record EnvironmentCheck(Map<String, String> environment) implements Check {
  /// Set by the launchers, or equal to what they set.
  private static final Map<String, String> OURS =
      Map.of(
          "OMP_WAIT_POLICY", "PASSIVE",
          "OPENBLAS_THREAD_TIMEOUT", "4",
          "ORT_DISABLE_TELEMETRY", "1");

  /// Prefixes, and what their variables do.
  private static final Map<String, String> EFFECTS =
      Map.ofEntries(
          Map.entry("OPENBLAS_", "chooses how OpenBLAS multiplies in training"),
          Map.entry("ONEDNN_", "chooses how oneDNN multiplies, which can change the last bits"),
          Map.entry("DNNL_", "chooses how oneDNN multiplies, which can change the last bits"),
          Map.entry("ATEN_", "chooses libtorch's vector instructions"),
          Map.entry("MKL_", "chooses how MKL multiplies"),
          Map.entry("OMP_", "chooses how libtorch's threads wait and where they run"),
          Map.entry("GOMP_", "chooses how libtorch's threads wait and where they run"),
          Map.entry("KMP_", "chooses how libtorch's threads wait and where they run"),
          Map.entry("TORCH_", "changes what libtorch does"),
          Map.entry("PYTORCH_", "changes what libtorch does"),
          Map.entry("ORT_", "changes what ONNX Runtime does"),
          Map.entry("LD_PRELOAD", "puts other code under the native libraries"),
          Map.entry("MALLOC_", "changes how native memory is given back"));

  @Override
  public String name() {
    return "environment";
  }

  @Override
  public List<Finding> run() {
    List<Finding> findings = new ArrayList<>();
    new TreeMap<>(environment)
        .forEach((name, value) -> {
          if (value.equals(OURS.get(name)) || name.equals("OMP_NUM_THREADS")) {
            return; // the number of threads is another check's
          }
          EFFECTS.entrySet().stream()
              .filter(effect -> name.startsWith(effect.getKey()))
              .findFirst()
              .ifPresent(effect ->
                  findings.add(
                      new Advice(
                          name + "=" + value + " " + effect.getValue(),
                          "unset it, unless that is wanted")));
        });
    if (findings.isEmpty()) {
      findings.add(Finding.good("no variable changes how the native libraries compute"));
    }
    return findings;
  }
}
