package llava4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class JvmCheckTest {
  @Test
  void thisBuildStartsJavaAsTheLauncherDoes() {
    assertThat(JvmCheck.ofThisProcess(VectorModule.load()).problem()).isEmpty();
  }

  @Test
  void missingVectorModuleIsNamedWithItsOption() {
    assertThat(new JvmCheck(25, false, true).problem())
        .hasValueSatisfying(sentence ->
            assertThat(sentence)
                .contains("Vector API", "--add-modules jdk.incubator.vector")
                .doesNotContain("--enable-native-access"));
  }

  @Test
  void missingNativeAccessIsNamedWithItsOption() {
    assertThat(new JvmCheck(25, true, false).problem())
        .hasValueSatisfying(sentence ->
            assertThat(sentence)
                .contains("native access", "--enable-native-access=ALL-UNNAMED")
                .doesNotContain("--add-modules"));
  }

  @Test
  void bothMissingAreToldInOneSentence() {
    assertThat(new JvmCheck(25, false, false).problem())
        .hasValueSatisfying(sentence ->
            assertThat(sentence)
                .contains("--add-modules jdk.incubator.vector", "--enable-native-access")
                .doesNotContain("\n"));
  }

  @Test
  void oldJavaIsNamed() {
    assertThat(new JvmCheck(21, true, true).problem())
        .hasValueSatisfying(sentence -> assertThat(sentence).contains("Java 21", "25"));
  }
}
