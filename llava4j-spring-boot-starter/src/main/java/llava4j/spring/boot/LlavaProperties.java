package llava4j.spring.boot;

import java.nio.file.Path;
import java.util.List;
import llava4j.LoadOptions;
import llava4j.checkpoint.CheckpointOptions;
import llava4j.checkpoint.hub.HubClient;
import llava4j.checkpoint.hub.HubReference;
import llava4j.checkpoint.hub.HubSettings;
import llava4j.error.BadInputException;
import llava4j.spring.ai.LlavaChatOptions;
import llava4j.tensor.Device;
import llava4j.tensor.WeightFormat;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/// The properties `llava.*`.
///
/// @param model needed unless the application has a [llava4j.Llava] of its own: a model folder or a
///   `.gguf` file; with `download` also `owner/name` of a model on the hub
/// @param visionTower folder, or with `download` hub name, of the CLIP model for a checkpoint in
///   the original layout, in place of the one in its configuration
/// @param mmproj the vision file of a `.gguf` model; by default the only one in its folder
/// @param download whether models that are no files here are downloaded from the hub, into its
///   cache
/// @param weights format of the language model's matrices in memory: auto, fp32, fp16, bf16, q8 or
///   q4
/// @param device cpu, cuda, cuda:N or auto
/// @param threads of every operator, for the whole process; by default `LLAVA_THREADS`, or else the
///   processors that the process may use
/// @param lazy whether the model is loaded when the first prompt comes, instead of when the
///   application starts
/// @param allowUrls whether images may come from public http and https addresses
/// @param chat what holds for prompts that do not say otherwise
@ConfigurationProperties("llava")
public record LlavaProperties(
    String model,
    String visionTower,
    Path mmproj,
    @DefaultValue("false") boolean download,
    @DefaultValue("auto") WeightFormat weights,
    @DefaultValue("cpu") String device,
    Integer threads,
    @DefaultValue("false") boolean lazy,
    @DefaultValue("false") boolean allowUrls,
    @DefaultValue Chat chat) {

  public LlavaProperties {
    if (threads != null && threads < 1) {
      throw new BadInputException("llava.threads must be at least 1, not " + threads);
    }
  }

  /// The model, for an application that brings none of its own.
  ///
  /// @throws BadInputException if it is not set
  String requiredModel() {
    if (model == null || model.isBlank()) {
      throw new BadInputException(
          "llava.model is not set; set it to a model folder or a .gguf file, or set"
              + " spring.ai.model.chat to another provider or none");
    }
    return model;
  }

  /// Properties `llava.chat.*`; null where nothing is set.
  ///
  /// @param maxTokens maximum number of tokens of an answer; 512 by default
  /// @param temperature 0 for greedy decoding, which is the default
  /// @param topK keep this number of most likely tokens
  /// @param topP keep the most likely tokens whose probabilities add up to this value
  /// @param minP keep tokens whose probability is at least this fraction of the highest one
  /// @param repetitionPenalty makes tokens less likely that were there before; 1 for none
  /// @param seed the same seed samples the same answer; another one each time by default
  /// @param stopSequences texts that end an answer and are no part of it
  public record Chat(
      Integer maxTokens,
      Double temperature,
      Integer topK,
      Double topP,
      Double minP,
      Double repetitionPenalty,
      Long seed,
      List<String> stopSequences) {

    public Chat {
      requireRange("max-tokens", maxTokens, 1, Integer.MAX_VALUE);
      requireRange("temperature", temperature, 0, 100);
      requireRange("top-k", topK, 0, Integer.MAX_VALUE);
      requireRange("top-p", topP, Math.ulp(0.0), 1);
      requireRange("min-p", minP, 0, 1);
      requireRange("repetition-penalty", repetitionPenalty, Math.ulp(0.0), 100);
      if (stopSequences != null && stopSequences.stream().anyMatch(String::isEmpty)) {
        throw new BadInputException("llava.chat.stop-sequences has an empty text; leave it out");
      }
    }

    private static void requireRange(String name, Number value, double least, double most) {
      if (value != null && !(value.doubleValue() >= least && value.doubleValue() <= most)) {
        throw new BadInputException(
            "llava.chat."
                + name
                + " is out of its range: "
                + value
                + "; see the documentation of llava4j-spring-boot-starter");
      }
    }

    LlavaChatOptions options() {
      return LlavaChatOptions.builder()
          .maxTokens(maxTokens)
          .temperature(temperature)
          .topK(topK)
          .topP(topP)
          .minP(minP)
          .repetitionPenalty(repetitionPenalty)
          .seed(seed)
          .stopSequences(stopSequences)
          .build();
    }
  }

  /// How the model is loaded.
  LoadOptions loadOptions() {
    CheckpointOptions checkpoint =
        CheckpointOptions.none()
            .withHub(download ? LlavaProperties::fetch : LlavaProperties::absent);
    if (visionTower != null) {
      checkpoint = checkpoint.withVisionTower(visionTower);
    }
    if (mmproj != null) {
      checkpoint = checkpoint.withMmproj(mmproj);
    }
    LoadOptions options =
        LoadOptions.defaults()
            .withCheckpoint(checkpoint)
            .withWeights(weights)
            .withDevice(Device.parse(device));
    return threads == null ? options : options.withThreads(threads);
  }

  private static Path fetch(String name) {
    return new HubClient(HubSettings.fromEnvironment(System.getenv()))
        .fetch(HubReference.parse(name), (_, _) -> {}, _ -> {});
  }

  private static Path absent(String name) {
    throw new BadInputException(
        "'"
            + name
            + "' is not a file or folder here; correct the path, or set llava.download=true if it is"
            + " a model of the hub");
  }
}
