package llava4j.constraint;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// The rules of ARCHITECTURE.md for this module, which uses no other of ours, nor its tests.
class ArchitectureTest {
  private static final int MOST_LINES = 450;

  private final JavaClasses main =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("llava4j");

  @Test
  void nothingOfLlavaIsUsed() {
    assertThat(main).hasSizeGreaterThan(40);
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideOutsideOfPackages("llava4j.constraint..", "java..", "tools.jackson..")
        .check(main);
  }

  @Test
  void packagesUseOnlyWhatStandsBelowThem() {
    slices().matching("llava4j.(**)").should().beFreeOfCycles().check(main);
    requireBelow("limit", List.of());
    requireBelow("regex", List.of("limit"));
    requireBelow("token", List.of("limit"));
    requireBelow("automaton", List.of("limit", "regex", "token"));
    requireBelow("grammar", List.of("limit", "regex", "automaton"));
    requireBelow("schema", List.of("limit", "regex", "automaton"));
  }

  private void requireBelow(String name, List<String> below) {
    String[] allowed =
        Stream.concat(
                Stream.of("java..", "tools.jackson..", "llava4j.constraint." + name),
                below.stream().map(one -> "llava4j.constraint." + one))
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage("llava4j.constraint." + name)
        .should()
        .dependOnClassesThat()
        .resideOutsideOfPackages(allowed)
        .check(main);
  }

  @Test
  void onlySchemasAreReadAsJson() {
    noClasses()
        .that()
        .resideOutsideOfPackage("llava4j.constraint.schema")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("tools.jackson..")
        .check(main);
  }

  @Test
  void filesAreShortAndPackagesSayWhatTheyAreFor() throws IOException {
    List<Path> files;
    try (Stream<Path> tree = Files.walk(Path.of("src"))) {
      files = tree.filter(path -> path.toString().endsWith(".java")).toList();
    }
    assertThat(files).isNotEmpty();
    for (Path file : files) {
      assertThat(Files.readAllLines(file)).as(file.toString()).hasSizeLessThan(MOST_LINES);
      if (file.startsWith("src/main")) {
        assertThat(file.resolveSibling("package-info.java")).exists();
      }
    }
  }
}
