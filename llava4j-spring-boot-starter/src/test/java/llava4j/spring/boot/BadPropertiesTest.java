package llava4j.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.support.SpringFactoriesLoader;

/// A wrong property stops the start with one sentence.
class BadPropertiesTest {
  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(AutoConfigurations.of(LlavaAutoConfiguration.class));

  static Stream<Arguments> properties() {
    return Stream.of(
        Arguments.of("", "llava.model is not set"),
        Arguments.of("llava.model=no/such/model", "'no/such/model' is not a file or folder here"),
        Arguments.of("llava.model=./no/such/model", "./no/such/model"),
        Arguments.of("llava.model=a llava.threads=0", "llava.threads must be at least 1"),
        Arguments.of("llava.model=a llava.device=tpu", "unknown device 'tpu'"),
        Arguments.of("llava.model=a llava.chat.max-tokens=0", "llava.chat.max-tokens is out"),
        Arguments.of("llava.model=a llava.chat.temperature=-1", "llava.chat.temperature is out"),
        Arguments.of("llava.model=a llava.chat.top-p=0", "llava.chat.top-p is out"),
        Arguments.of("llava.model=a llava.chat.min-p=2", "llava.chat.min-p is out"));
  }

  @ParameterizedTest
  @MethodSource("properties")
  void aWrongPropertyIsOneSentence(String properties, String words) {
    String[] pairs = properties.isEmpty() ? new String[0] : properties.split(" ", -1);
    runner
        .withPropertyValues(pairs)
        .run(context -> {
          assertThat(context).hasFailed();
          FailureAnalysis analysis =
              new BadInputFailureAnalyzer().analyze(context.getStartupFailure());

          assertThat(analysis).isNotNull();
          assertThat(analysis.getDescription()).contains(words).doesNotContain("Exception");
        });
  }

  /// Spring's own analyzer says which values there are.
  @Test
  void anUnknownWeightFormatIsTold() {
    runner
        .withPropertyValues("llava.model=a", "llava.weights=q5")
        .run(context ->
            assertThat(context.getStartupFailure())
                .hasMessageContaining("LlavaProperties")
                .hasRootCauseMessage("No enum constant llava4j.tensor.WeightFormat.q5"));
  }

  @Test
  void springFindsTheAnalyzer() {
    assertThat(
            SpringFactoriesLoader.forDefaultResourceLocation()
                .load(
                    FailureAnalyzer.class,
                    SpringFactoriesLoader.FailureHandler.handleMessage((message, _) -> {})))
        .hasAtLeastOneElementOfType(BadInputFailureAnalyzer.class);
  }

  @Test
  void springFindsTheConfiguration() {
    assertThat(ImportCandidates.load(AutoConfiguration.class, getClass().getClassLoader()))
        .contains(LlavaAutoConfiguration.class.getName());
  }
}
