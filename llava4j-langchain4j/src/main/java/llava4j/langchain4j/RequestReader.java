package llava4j.langchain4j;

import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ResponseFormatType;
import java.io.InputStream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import llava4j.constraint.Constraint;
import llava4j.generate.Decoding;
import llava4j.generate.GenerationOptions;
import llava4j.generate.JsonForms;
import llava4j.image.fetch.FetchPolicy;
import llava4j.image.fetch.ImageFetcher;

/// Requests of LangChain4j as the model's. Thread-safe.
final class RequestReader {
  private final String modelName;
  private final FetchPolicy policy;
  private final ImageFetcher fetcher;
  private final JsonForms forms = new JsonForms();

  RequestReader(String modelName, FetchPolicy policy) {
    this.modelName = modelName;
    this.policy = policy;
    this.fetcher = new ImageFetcher(policy, InputStream.nullInputStream());
  }

  /// Checks everything but the images.
  ///
  /// @return fetches and decodes the images
  /// @throws dev.langchain4j.exception.UnsupportedFeatureException if the request has what LLaVA
  ///   cannot carry
  /// @throws llava4j.error.BadInputException if it is wrong
  Supplier<llava4j.ChatRequest> read(ChatRequest request) {
    Features.require(request.parameters());
    Features.requireModel(request.parameters(), modelName);
    MessageReader messages = MessageReader.read(request.messages(), policy.allowUrls());
    GenerationOptions options = options(request.parameters());
    return () ->
        new llava4j.ChatRequest(
            messages.turns().stream().map(turn -> turn.decoded(fetcher)).toList(),
            messages.system(),
            options);
  }

  private GenerationOptions options(ChatRequestParameters parameters) {
    LlavaChatRequestParameters all =
        LlavaChatRequestParameters.builder().overrideWith(parameters).build();
    GenerationOptions options =
        GenerationOptions.greedy()
            .withDecoding(decoding(all))
            .withRepetitionPenalty(or(all.repetitionPenalty(), 1))
            .withStopStrings(all.stopSequences() == null ? List.of() : all.stopSequences(), false);
    if (all.maxOutputTokens() != null) {
      options = options.withMaxNewTokens(all.maxOutputTokens());
    }
    return constraint(all.responseFormat()).map(options::withConstraint).orElse(options);
  }

  /// Greedy unless a temperature says otherwise: at temperature 0 no filter has an effect.
  private static Decoding decoding(LlavaChatRequestParameters parameters) {
    double temperature = or(parameters.temperature(), 0);
    return temperature == 0
        ? new Decoding.Greedy()
        : new Decoding.Sample(
            temperature,
            parameters.topK() == null ? 0 : parameters.topK(),
            or(parameters.topP(), 1),
            or(parameters.minP(), 0),
            parameters.seed() == null ? ThreadLocalRandom.current().nextLong() : parameters.seed());
  }

  private static double or(Double value, double other) {
    return value == null ? other : value;
  }

  private Optional<Constraint> constraint(ResponseFormat format) {
    if (format == null || format.type() == ResponseFormatType.TEXT) {
      return Optional.empty();
    }
    return Optional.of(
        format.jsonSchema() == null
            ? forms.anyObject()
            : forms.ofSchema(SchemaText.of(format.jsonSchema().rootElement())));
  }
}
