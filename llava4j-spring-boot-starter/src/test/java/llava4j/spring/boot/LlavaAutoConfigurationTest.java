package llava4j.spring.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.MeterRegistry;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import llava4j.Llava;
import llava4j.error.BadInputException;
import llava4j.spring.ai.LlavaChatModel;
import llava4j.spring.ai.LlavaChatOptions;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.model.ChatModel;
import org.springframework.beans.factory.config.DestructionAwareBeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.core.io.FileSystemResource;
import org.springframework.util.MimeTypeUtils;

/// Applications with the bundled model.
class LlavaAutoConfigurationTest {
  private static final Path CHECKOUT = Path.of("").toAbsolutePath().getParent();
  private static final Path TINY = CHECKOUT.resolve("models/llava-tiny");

  private final ApplicationContextRunner empty =
      new ApplicationContextRunner()
          .withConfiguration(AutoConfigurations.of(LlavaAutoConfiguration.class));
  private final ApplicationContextRunner runner =
      empty.withPropertyValues("llava.model=" + TINY, "llava.threads=1");

  private static String ask(ChatModel model) {
    return ChatClient.create(model)
        .prompt()
        .user(user ->
            user.text("What is in this image?")
                .media(
                    MimeTypeUtils.IMAGE_PNG,
                    new FileSystemResource(CHECKOUT.resolve("examples/images/penguin.png"))))
        .call()
        .content();
  }

  @Test
  void anApplicationHasAChatModel() {
    runner
        .withPropertyValues(
            "llava.chat.max-tokens=64",
            "llava.chat.stop-sequences=###,END",
            "llava.chat.seed=5",
            "llava.chat.temperature=0")
        .run(context -> {
          LlavaChatModel model = context.getBean(LlavaChatModel.class);

          assertThat(model.getOptions())
              .isEqualTo(
                  LlavaChatOptions.builder()
                      .maxTokens(64)
                      .stopSequences(List.of("###", "END"))
                      .seed(5L)
                      .temperature(0.0)
                      .build());
          assertThat(context.getBean(ModelInUse.class).loaded())
              .as("loaded while the application starts")
              .containsSame(context.getBean(Llava.class));
          assertThat(ask(model)).containsIgnoringCase("penguin");
        });
  }

  @Test
  void aLazyModelIsLoadedByTheFirstPrompt() {
    runner
        .withPropertyValues("llava.lazy=true")
        .run(context -> {
          HealthIndicator health = context.getBean(HealthIndicator.class);
          assertThat(health.health())
              .isEqualTo(
                  Health.up()
                      .withDetail("model", TINY.toString())
                      .withDetail("loaded", false)
                      .build());

          assertThat(ask(context.getBean(ChatModel.class))).isNotBlank();
          assertThat(health.health())
              .isEqualTo(
                  Health.up().withDetail("model", "llava-tiny").withDetail("loaded", true).build());
        });
  }

  @Test
  void aLazyModelThatIsMissingIsDownAfterTheFirstPrompt() {
    empty
        .withPropertyValues("llava.model=no/such/model", "llava.lazy=true")
        .run(context -> {
          ChatModel model = context.getBean(ChatModel.class);
          for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(() -> ask(model))
                .isExactlyInstanceOf(BadInputException.class)
                .hasMessageContaining("no/such/model");
          }
          assertThat(context.getBean(ChatModel.class)).isSameAs(model);
          Health health = context.getBean(HealthIndicator.class).health();

          assertThat(health.getStatus()).isEqualTo(Status.DOWN);
          assertThat(health.getDetails().get("problem").toString())
              .contains("no/such/model")
              .doesNotContain("BeanCreationException");
        });
  }

  /// A stream that waits for its turn must not find its model closed.
  @Test
  void aLazyModelIsClosedAfterItsUsers() {
    List<String> closed = new CopyOnWriteArrayList<>();
    runner
        .withPropertyValues("llava.lazy=true")
        .withBean(DestructionAwareBeanPostProcessor.class, () -> (bean, name) -> closed.add(name))
        .run(context -> ask(context.getBean(ChatModel.class)));

    assertThat(closed).containsSubsequence("llavaChatModel", "llava");
  }

  @Test
  void microMetersCount() {
    runner
        .withConfiguration(
            AutoConfigurations.of(
                MetricsAutoConfiguration.class,
                SimpleMetricsExportAutoConfiguration.class,
                CompositeMeterRegistryAutoConfiguration.class,
                ObservationAutoConfiguration.class))
        .run(context -> {
          MeterRegistry registry = context.getBean(MeterRegistry.class);
          assertThat(registry.get("llava.images.encoded").functionCounter().count()).isZero();
          ChatModel model = context.getBean(ChatModel.class);
          ask(model);
          ask(model);

          assertThat(registry.get("llava.images.encoded").functionCounter().count()).isOne();
          assertThat(registry.get("llava.images.cached").functionCounter().count()).isOne();
          assertThat(registry.get("llava.prompt.tokens.cached").functionCounter().count())
              .isPositive();
          assertThat(registry.get("llava.cache.kv").gauge().value()).isPositive();
          assertThat(registry.get("llava.first.token").timer().count()).isEqualTo(2);
          assertThat(registry.get("llava.image.tokens").counter().count()).isPositive();
          assertThat(registry.get("gen_ai.client.token.usage").counters()).isNotEmpty();
          assertThat(registry.get("gen_ai.client.operation").timer().count()).isEqualTo(2);
        });
  }

  @Test
  void neitherHealthNorMicrometerIsNeeded() {
    runner
        .withClassLoader(
            new FilteredClassLoader(
                "org.springframework.boot.health", "io.micrometer.core.instrument"))
        .run(context -> {
          assertThat(context).hasSingleBean(LlavaChatModel.class);
          assertThat(context.getBeanNamesForType(HealthIndicator.class)).isEmpty();
        });
  }

  @Test
  void healthCanBeSwitchedOff() {
    empty
        .withPropertyValues(
            "llava.model=" + TINY, "llava.lazy=true", "management.health.llava.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(HealthIndicator.class));
  }

  @Test
  void anApplicationsOwnModelIsUsedAndClosedByIt() {
    Llava own = Llava.load(TINY);
    empty
        .withBean(Llava.class, () -> own, bean -> bean.setDestroyMethodName(""))
        .run(context -> assertThat(context.getBean(ModelInUse.class).loaded()).containsSame(own));
    assertThat(own.ask("Is the sky blue?")).isNotNull();
    own.close();
  }

  @Test
  void partsOfACheckpointCanLieElsewhere() {
    Path gguf = CHECKOUT.resolve("llava4j-core/src/test/resources/golden/gguf");
    empty
        .withPropertyValues(
            "llava.model=" + gguf.resolve("model-f16.gguf"),
            "llava.mmproj=" + gguf.resolve("mmproj-f16.gguf"),
            "llava.weights=fp32")
        .run(context -> assertThat(context).hasSingleBean(Llava.class));
    empty
        .withPropertyValues(
            "llava.model=" + TINY, "llava.mmproj=" + gguf.resolve("mmproj-f16.gguf"))
        .run(context ->
            assertThat(context.getStartupFailure())
                .rootCause()
                .hasMessageContaining("needs no separate mmproj file"));
  }

  @Test
  void anotherProviderOfChatLeavesNothing() {
    empty
        .withPropertyValues("spring.ai.model.chat=none")
        .run(context -> assertThat(context).hasNotFailed().doesNotHaveBean(LlavaChatModel.class));
  }
}
