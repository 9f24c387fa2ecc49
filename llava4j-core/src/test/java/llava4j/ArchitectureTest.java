package llava4j;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.lang.ArchRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import llava4j.architecture.HouseRules;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md that a machine can hold.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest extends HouseRules {
  private static final int MAX_SOURCE_LINES = 450;

  /// What each package may use, rooms within it included, as ARCHITECTURE.md draws it. That no two
  /// rooms need each other is a rule of every module.
  private static final Map<String, List<String>> ALLOWED =
      Map.ofEntries(
          Map.entry("assembly", List.of()),
          Map.entry("constraint", List.of()),
          Map.entry("error", List.of()),
          Map.entry("platform", List.of()),
          Map.entry("io", List.of("error")),
          Map.entry("tensor", List.of("error", "platform")),
          Map.entry("image", List.of("error", "platform", "io")),
          Map.entry("text", List.of("error", "io")),
          Map.entry("pickle", List.of("error")),
          Map.entry("quant", List.of("assembly", "error", "io", "platform", "tensor")),
          Map.entry("config", List.of("error", "tensor", "image")),
          Map.entry(
              "checkpoint",
              List.of("error", "io", "pickle", "tensor", "image", "text", "config", "quant")),
          Map.entry(
              "model",
              List.of("error", "io", "tensor", "image", "text", "quant", "config", "checkpoint")),
          Map.entry(
              "generate",
              List.of(
                  "error", "io", "tensor", "text", "config", "model", "checkpoint", "constraint")));

  ArchitectureTest() {
    super(40, "llava4j");
  }

  @Test
  void packagesFormNoCycle() {
    check(slices().matching("llava4j.(*)..").should().beFreeOfCycles());
  }

  /// What is common to all files of weights knows no format; formats do not know who opens them.
  @Test
  void roomsOfCheckpointStandOnEachOther() {
    List<String> formats = List.of("safetensors", "torch", "gguf");
    for (String format : formats) {
      check(
          noClasses()
              .that()
              .resideInAPackage("llava4j.checkpoint." + format)
              .should()
              .dependOnClassesThat(
                  describe(
                      "rooms of checkpoint other than weights",
                      used ->
                          used.getPackageName().startsWith("llava4j.checkpoint")
                              && !List.of(
                                      "llava4j.checkpoint.weights", "llava4j.checkpoint." + format)
                                  .contains(used.getPackageName()))));
    }
    check(
        noClasses()
            .that()
            .resideInAPackage("llava4j.checkpoint.weights")
            .should()
            .dependOnClassesThat(
                describe(
                    "other rooms of checkpoint",
                    used ->
                        used.getPackageName().startsWith("llava4j.checkpoint")
                            && !used.getPackageName().equals("llava4j.checkpoint.weights"))));
  }

  @Test
  void packagesUseOnlyWhatStandsBelowThem() {
    requireLayers("llava4j", ALLOWED);
  }

  @Test
  void imagesAndTextDoNotTouchTheEngine() {
    check(
        noClasses()
            .that()
            .resideInAnyPackage("llava4j.image..", "llava4j.text..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.bytedeco.pytorch..", "org.bytedeco.openblas.."));
  }

  @Test
  void onlyQuantTouchesTheVectorModule() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("llava4j.quant..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("jdk.incubator.vector.."));
  }

  @Test
  void sourceFilesStayShort() throws IOException {
    Map<String, Long> tooLong = new TreeMap<>();
    long files = 0;
    try (Stream<Path> modules = Files.list(Path.of("").toAbsolutePath().getParent())) {
      List<Path> sources =
          modules.map(module -> module.resolve("src")).filter(Files::isDirectory).toList();
      for (Path source : sources) {
        try (Stream<Path> tree = Files.walk(source)) {
          for (Path file : tree.filter(path -> path.toString().endsWith(".java")).toList()) {
            files++;
            try (Stream<String> lines = Files.lines(file)) {
              long count = lines.count();
              if (count > MAX_SOURCE_LINES) {
                tooLong.put(file.toString(), count);
              }
            }
          }
        }
      }
    }
    assertThat(files).as("source files seen").isPositive();
    assertThat(tooLong).as("files of more than " + MAX_SOURCE_LINES + " lines").isEmpty();
  }

  /// Packages grow with the project, so a rule may find nothing to judge yet.
  private void check(ArchRule rule) {
    rule.allowEmptyShould(true).check(main());
  }
}
