package llava4j.langchain4j;

import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import java.util.Objects;

/// LangChain4j's parameters, and those of LLaVA beside them. Each is null where it is not set: then
/// the model's default holds, or else greedy decoding of up to 512 tokens.
public final class LlavaChatRequestParameters extends DefaultChatRequestParameters {
  private final Long seed;
  private final Double minP;
  private final Double repetitionPenalty;

  private LlavaChatRequestParameters(Builder builder) {
    super(builder);
    this.seed = builder.seed;
    this.minP = builder.minP;
    this.repetitionPenalty = builder.repetitionPenalty;
  }

  public static Builder builder() {
    return new Builder();
  }

  /// The same seed samples the same answer; null for another one each time.
  public Long seed() {
    return seed;
  }

  /// Keeps tokens whose probability is at least this fraction of the highest one.
  public Double minP() {
    return minP;
  }

  /// Makes tokens less likely that are in the prompt or the answer; 1 for none.
  public Double repetitionPenalty() {
    return repetitionPenalty;
  }

  @Override
  public LlavaChatRequestParameters overrideWith(ChatRequestParameters that) {
    return builder().overrideWith(this).overrideWith(that).build();
  }

  @Override
  public LlavaChatRequestParameters defaultedBy(ChatRequestParameters that) {
    return builder().overrideWith(that).overrideWith(this).build();
  }

  @Override
  public boolean equals(Object o) {
    return super.equals(o)
        && o instanceof LlavaChatRequestParameters other
        && Objects.equals(seed, other.seed)
        && Objects.equals(minP, other.minP)
        && Objects.equals(repetitionPenalty, other.repetitionPenalty);
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), seed, minP, repetitionPenalty);
  }

  @Override
  public String toString() {
    return "LlavaChatRequestParameters{"
        + super.toString()
        + ", seed="
        + seed
        + ", minP="
        + minP
        + ", repetitionPenalty="
        + repetitionPenalty
        + "}";
  }

  /// Parameters, one after the other.
  public static final class Builder extends DefaultChatRequestParameters.Builder<Builder> {
    private Long seed;
    private Double minP;
    private Double repetitionPenalty;

    private Builder() {}

    @Override
    public Builder overrideWith(ChatRequestParameters parameters) {
      super.overrideWith(parameters);
      if (parameters instanceof LlavaChatRequestParameters other) {
        seed = other.seed == null ? seed : other.seed;
        minP = other.minP == null ? minP : other.minP;
        repetitionPenalty =
            other.repetitionPenalty == null ? repetitionPenalty : other.repetitionPenalty;
      }
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

    @Override
    public LlavaChatRequestParameters build() {
      return new LlavaChatRequestParameters(this);
    }
  }
}
