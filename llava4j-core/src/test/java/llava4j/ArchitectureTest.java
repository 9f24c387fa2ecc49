package llava4j;

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

  /// What each package may use, as ARCHITECTURE.md draws it. Those not named here (model, generate)
  /// are held by the rule against cycles alone.
  private static final Map<String, List<String>> ALLOWED =
      Map.ofEntries(
          Map.entry("error", List.of()),
          Map.entry("platform", List.of()),
          Map.entry("tensor", List.of("error", "platform")),
          Map.entry("image", List.of("error", "platform")),
          Map.entry("text", List.of("error")),
          Map.entry("pickle", List.of("error")),
          Map.entry("quant", List.of("error", "platform", "tensor")),
          Map.entry("config", List.of("error", "tensor", "image")),
          Map.entry(
              "checkpoint",
              List.of("error", "pickle", "tensor", "image", "text", "config", "quant")),
          Map.entry("model", List.of("error", "tensor", "image", "quant", "config", "checkpoint")),
          Map.entry(
              "generate", List.of("error", "tensor", "text", "config", "model", "checkpoint")));

  ArchitectureTest() {
    super(40, "llava4j");
  }

  @Test
  void packagesFormNoCycle() {
    check(slices().matching("llava4j.(*)..").should().beFreeOfCycles());
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
