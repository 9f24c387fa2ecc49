package llava4j.langchain4j;

import dev.langchain4j.model.output.TokenUsage;
import java.util.Objects;

/// The tokens of a request, those of images apart.
public final class LlavaTokenUsage extends TokenUsage {
  private final int imageTokenCount;
  private final int cachedTokenCount;

  /// @param input tokens of the prompt, image tokens included
  /// @param output generated tokens
  /// @param image image tokens of the prompt
  /// @param cached tokens of the prompt that were already in the KV cache
  LlavaTokenUsage(int input, int output, int image, int cached) {
    super(input, output);
    this.imageTokenCount = image;
    this.cachedTokenCount = cached;
  }

  /// How many tokens of the input are images.
  public int imageTokenCount() {
    return imageTokenCount;
  }

  /// How many tokens of the input were not computed again.
  public int cachedTokenCount() {
    return cachedTokenCount;
  }

  /// The sum of both, as far as both count the same.
  @Override
  public TokenUsage add(TokenUsage that) {
    return that instanceof LlavaTokenUsage other
        ? new LlavaTokenUsage(
            inputTokenCount() + other.inputTokenCount(),
            outputTokenCount() + other.outputTokenCount(),
            imageTokenCount + other.imageTokenCount,
            cachedTokenCount + other.cachedTokenCount)
        : super.add(that);
  }

  @Override
  public boolean equals(Object o) {
    return super.equals(o)
        && o instanceof LlavaTokenUsage other
        && imageTokenCount == other.imageTokenCount
        && cachedTokenCount == other.cachedTokenCount;
  }

  @Override
  public int hashCode() {
    return Objects.hash(super.hashCode(), imageTokenCount, cachedTokenCount);
  }

  @Override
  public String toString() {
    return "LlavaTokenUsage { input = %d, of images = %d, cached = %d, output = %d }"
        .formatted(inputTokenCount(), imageTokenCount, cachedTokenCount, outputTokenCount());
  }
}
