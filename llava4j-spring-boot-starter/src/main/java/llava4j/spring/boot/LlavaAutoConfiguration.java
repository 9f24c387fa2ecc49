package llava4j.spring.boot;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import llava4j.Llava;
import llava4j.image.fetch.FetchPolicy;
import llava4j.spring.ai.LlavaChatModel;
import org.springframework.ai.chat.observation.ChatModelMeterObservationHandler;
import org.springframework.ai.model.SpringAIModelProperties;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;

/// A [LlavaChatModel] from the properties `llava.*`, unless `spring.ai.model.chat` names another
/// provider. An application that defines a [Llava] of its own gets the rest for that.
@AutoConfiguration(
    afterName = {
      "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
      "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration",
      "org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration"
    })
@ConditionalOnProperty(
    name = SpringAIModelProperties.CHAT_MODEL,
    havingValue = "llava",
    matchIfMissing = true)
@EnableConfigurationProperties(LlavaProperties.class)
public final class LlavaAutoConfiguration {

  /// The model of the properties, where the application has none of its own.
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnMissingBean({Llava.class, LlavaChatModel.class})
  static class ModelOfProperties {
    /// Looks at the start whether a model is named, also if it is loaded later.
    ModelOfProperties(LlavaProperties properties) {
      properties.requiredModel();
    }

    /// Loaded when it is asked for: by [#llavaChatModel], or by the first prompt.
    @Bean(destroyMethod = "close")
    @Lazy
    Llava llava(LlavaProperties properties) {
      return Llava.load(properties.requiredModel(), properties.loadOptions());
    }
  }

  @Bean
  ModelInUse llavaModelInUse(ObjectProvider<Llava> llava, ConfigurableListableBeanFactory factory) {
    return new ModelInUse(llava, () -> closeLast(factory));
  }

  /// Has a model that was loaded closed after the beans that use it, also if it was loaded later.
  /// One that could not be loaded would take them with it.
  private static void closeLast(ConfigurableListableBeanFactory factory) {
    for (String name : factory.getBeanNamesForType(Llava.class, true, false)) {
      factory.registerDependentBean(name, "llavaModelInUse");
    }
  }

  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  LlavaChatModel llavaChatModel(
      LlavaProperties properties,
      ModelInUse model,
      ObjectProvider<ObservationRegistry> observations) {
    if (!properties.lazy()) {
      model.get();
    }
    return LlavaChatModel.builder()
        .llava(model::get)
        .options(properties.chat().options())
        .fetchPolicy(properties.allowUrls() ? FetchPolicy.withUrls() : FetchPolicy.withoutUrls())
        .observationRegistry(observations.getIfUnique(() -> ObservationRegistry.NOOP))
        .build();
  }

  /// Where Spring Boot's health is there.
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
  static class Health {
    @Bean
    @ConditionalOnEnabledHealthIndicator("llava")
    @ConditionalOnMissingBean(name = "llavaHealthIndicator")
    HealthIndicator llavaHealthIndicator(LlavaProperties properties, ModelInUse model) {
      return new LlavaHealthIndicator(properties.model(), model);
    }
  }

  /// Where Micrometer is there.
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  @ConditionalOnBean(MeterRegistry.class)
  static class Metrics {
    @Bean
    @ConditionalOnMissingBean
    LlavaMetrics llavaMetrics(ModelInUse model, ObjectProvider<MeterRegistry> registries) {
      return new LlavaMetrics(model, registries.getObject());
    }

    @Bean
    @ConditionalOnMissingBean
    ChatModelMeterObservationHandler chatModelMeterObservationHandler(
        ObjectProvider<MeterRegistry> registries) {
      return new ChatModelMeterObservationHandler(registries.getObject());
    }
  }
}
