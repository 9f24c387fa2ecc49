package llava4j.cli.doctor;

import java.lang.Runtime.Version;
import java.util.ArrayList;
import java.util.List;
import llava4j.cli.doctor.Finding.Advice;
import llava4j.cli.doctor.Finding.Fault;

/// The running Java and its options.
///
/// @param version of the running Java
/// @param options of the virtual machine, without system properties that are set later
/// @param hasVectorKernels whether the kernels use the Vector API
record JavaCheck(Version version, List<String> options, boolean hasVectorKernels) implements Check {
  /// Older ones of this release corrupt data with the G1 collector (SPARK-55852).
  private static final Version OLDEST = Version.parse("25.0.3");

  @Override
  public String name() {
    return "java";
  }

  @Override
  public List<Finding> run() {
    List<Finding> findings = new ArrayList<>();
    if (version.compareToIgnoreOptional(OLDEST) < 0) {
      findings.add(
          new Fault(
              "this is Java " + version + ", which can corrupt data while it collects garbage",
              "install Java " + OLDEST + " or newer, or set LLAVA_JAVA_HOME to one"));
    } else {
      findings.add(Finding.good("Java " + version + ", options " + shown()));
    }
    if (!hasVectorKernels) {
      findings.add(
          new Advice(
              "the kernels run as plain loops, many times slower",
              "start llava with its launcher, without -Dllava.vector=off"));
    }
    for (String option : options) {
      if (option.equals("-Xint") || option.startsWith("-XX:TieredStopAtLevel=")) {
        findings.add(
            new Advice(
                option + " keeps Java from compiling the kernels well",
                "take it out of LLAVA_JAVA_OPTS, JDK_JAVA_OPTIONS or JAVA_TOOL_OPTIONS"));
      }
    }
    return findings;
  }

  /// Properties are left out: they name folders and are many.
  private String shown() {
    List<String> shown = options.stream().filter(option -> !option.startsWith("-D")).toList();
    return shown.isEmpty() ? "none" : String.join(" ", shown);
  }
}
