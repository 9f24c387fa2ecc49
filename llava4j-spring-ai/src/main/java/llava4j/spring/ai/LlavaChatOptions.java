package llava4j.spring.ai;

import java.util.Objects;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.model.tool.DefaultToolCallingChatOptions;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;

/// Spring AI's options, and those of LLaVA beside them. Each is null where it is not set: then the
/// model's default holds, or else greedy decoding of up to 512 tokens.
///
/// They have a place for tools only so that tools are refused: `ChatClient` would drop them in
/// silence otherwise.
public final class LlavaChatOptions extends DefaultToolCallingChatOptions
    implements StructuredOutputChatOptions {
  private final String outputSchema;
  private final Long seed;
  private final Double minP;
  private final Double repetitionPenalty;

  private LlavaChatOptions(DefaultToolCallingChatOptions common, Builder builder) {
    super(
        common.getToolCallbacks(),
        common.getToolContext(),
        common.getModel(),
        common.getFrequencyPenalty(),
        common.getMaxTokens(),
        common.getPresencePenalty(),
        common.getStopSequences(),
        common.getTemperature(),
        common.getTopK(),
        common.getTopP());
    this.outputSchema = builder.outputSchema;
    this.seed = builder.seed;
    this.minP = builder.minP;
    this.repetitionPenalty = builder.repetitionPenalty;
  }

  public static Builder builder() {
    return new Builder();
  }

  /// The JSON Schema that an answer fulfils for certain, unless it is cut; null for any text.
  @Override
  public String getOutputSchema() {
    return outputSchema;
  }

  /// The same seed samples the same answer; null for another one each time.
  public Long getSeed() {
    return seed;
  }

  /// Keeps tokens whose probability is at least this fraction of the highest one.
  public Double getMinP() {
    return minP;
  }

  /// Makes tokens less likely that are in the prompt or the answer; 1 for none.
  public Double getRepetitionPenalty() {
    return repetitionPenalty;
  }

  /// Options of any kind, as far as LLaVA knows what they say.
  static LlavaChatOptions of(ChatOptions options) {
    return options instanceof LlavaChatOptions ours ? ours : builder().set(options).build();
  }

  /// These, and the others' where these are not set.
  LlavaChatOptions or(LlavaChatOptions other) {
    return other.mutate().set(this).build();
  }

  @Override
  public Builder mutate() {
    return builder().set(this);
  }

  @Override
  public boolean equals(Object o) {
    return super.equals(o)
        && o instanceof LlavaChatOptions other
        && Objects.equals(outputSchema, other.outputSchema)
        && Objects.equals(seed, other.seed)
        && Objects.equals(minP, other.minP)
        && Objects.equals(repetitionPenalty, other.repetitionPenalty);
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), outputSchema, seed, minP, repetitionPenalty);
  }

  /// Options, one after the other.
  public static final class Builder extends DefaultToolCallingChatOptions.Builder<Builder>
      implements StructuredOutputChatOptions.Builder<Builder> {
    private String outputSchema;
    private Long seed;
    private Double minP;
    private Double repetitionPenalty;

    private Builder() {}

    @Override
    public Builder outputSchema(String schema) {
      outputSchema = schema;
      return this;
    }

    public Builder seed(Long value) {
      seed = value;
      return this;
    }

    public Builder minP(Double value) {
      minP = value;
      return this;
    }

    public Builder repetitionPenalty(Double value) {
      repetitionPenalty = value;
      return this;
    }

    /// Takes over what is set there.
    private Builder set(ChatOptions options) {
      if (options == null) {
        return this;
      }
      model = first(options.getModel(), model);
      frequencyPenalty = first(options.getFrequencyPenalty(), frequencyPenalty);
      maxTokens = first(options.getMaxTokens(), maxTokens);
      presencePenalty = first(options.getPresencePenalty(), presencePenalty);
      stopSequences = first(options.getStopSequences(), stopSequences);
      temperature = first(options.getTemperature(), temperature);
      topK = first(options.getTopK(), topK);
      topP = first(options.getTopP(), topP);
      if (options instanceof ToolCallingChatOptions tools) {
        toolCallbacks = first(tools.getToolCallbacks(), toolCallbacks);
        toolContext = first(tools.getToolContext(), toolContext);
      }
      if (options instanceof StructuredOutputChatOptions structured) {
        outputSchema = first(structured.getOutputSchema(), outputSchema);
      }
      if (options instanceof LlavaChatOptions ours) {
        seed = first(ours.seed, seed);
        minP = first(ours.minP, minP);
        repetitionPenalty = first(ours.repetitionPenalty, repetitionPenalty);
      }
      return this;
    }

    private static <T> T first(T one, T other) {
      return one == null ? other : one;
    }

    /// Takes over what is set there; stop sequences of both hold.
    @Override
    public Builder combineWith(ChatOptions.Builder<?> other) {
      super.combineWith(other);
      if (other instanceof Builder that) {
        outputSchema = first(that.outputSchema, outputSchema);
        seed = first(that.seed, seed);
        minP = first(that.minP, minP);
        repetitionPenalty = first(that.repetitionPenalty, repetitionPenalty);
      } else if (other instanceof StructuredOutputChatOptions.Builder<?>
          && other.build() instanceof StructuredOutputChatOptions that) {
        outputSchema = first(that.getOutputSchema(), outputSchema);
      }
      return this;
    }

    @Override
    public LlavaChatOptions build() {
      return new LlavaChatOptions((DefaultToolCallingChatOptions) super.build(), this);
    }
  }
}
