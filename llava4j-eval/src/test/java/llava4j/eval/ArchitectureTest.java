package llava4j.eval;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/// The rules of ARCHITECTURE.md for evaluation that a machine can hold.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ArchitectureTest {
  private JavaClasses main;

  @BeforeAll
  void readClasses() {
    main =
        new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("llava4j.eval");
    assertThat(main.contain(EvalRun.class)).isTrue();
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching("llava4j.eval.(*)..").should().beFreeOfCycles().check(main);
  }

  @Test
  void metricsKnowNeitherFilesNorModels() {
    noClasses()
        .that()
        .resideInAPackage("llava4j.eval.metric")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "llava4j.eval.task", "llava4j.eval.judge", "java.nio.file..", "llava4j.model..")
        .check(main);
  }

  @Test
  void tasksKnowNoModel() {
    noClasses()
        .that()
        .resideInAPackage("llava4j.eval.task")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("llava4j", "llava4j.model..", "llava4j.generate..", "org.bytedeco..")
        .check(main);
  }

  @Test
  void nobodyEndsTheProcess() {
    noClasses()
        .should()
        .callMethod(System.class, "exit", int.class)
        .orShould()
        .callMethod(Runtime.class, "halt", int.class)
        .check(main);
  }
}
