package llava4j.model.kernel;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import llava4j.io.OwnVersion;
import llava4j.quant.BlockKernel;
import llava4j.quant.VectorSupport;
import llava4j.tensor.NativeRuntime;
import llava4j.tensor.Processor;

/// What the speed of kernels depends on: processor, instructions, threads, versions.
///
/// @param facts by what they are about
record Machine(Map<String, String> facts) {
  private static final String THREADS = "threads";

  Machine {
    facts = Collections.unmodifiableMap(new LinkedHashMap<>(facts));
  }

  /// This one, with the current number of threads.
  static Machine current() {
    Processor processor = Processor.ofThisMachine();
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("processor", processor.name());
    facts.put("flags", String.join(" ", processor.flags()));
    facts.put("vectors", VectorSupport.describe());
    facts.put("machine code", BlockKernel.describeAssembled());
    facts.put("libtorch's vectors", NativeRuntime.cpuCapability());
    facts.put("ONEDNN_MAX_CPU_ISA", System.getenv().getOrDefault("ONEDNN_MAX_CPU_ISA", ""));
    facts.put(THREADS, String.valueOf(NativeRuntime.numThreads()));
    facts.put("llava4j", OwnVersion.read());
    facts.put("java", System.getProperty("java.vm.name") + " " + Runtime.version());
    facts.put("libtorch", OwnVersion.ofLibrary("libtorch"));
    facts.put("onnxruntime", OwnVersion.ofLibrary("onnxruntime"));
    return new Machine(facts);
  }

  String threads() {
    return facts.get(THREADS);
  }

  /// The first difference to what another was, in words; empty if there is none.
  Optional<String> difference(Map<String, String> other) {
    return facts.entrySet().stream()
        .filter(fact -> !fact.getValue().equals(other.get(fact.getKey())))
        .findFirst()
        .map(fact -> fact.getKey() + ": " + other.get(fact.getKey()) + ", here " + fact.getValue());
  }
}
