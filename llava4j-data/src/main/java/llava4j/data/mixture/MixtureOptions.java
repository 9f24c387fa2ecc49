package llava4j.data.mixture;

import llava4j.data.mixture.rule.TokenCounter;
import llava4j.data.mixture.source.ImageSizes;
import llava4j.error.BadInputException;

/// What a mixture is made with.
///
/// @param seed of all chance
/// @param ocrVqaConversations at most so many of OCR-VQA are drawn
/// @param genomeImages at most so many of Visual Genome are drawn; the paper does not say which of
///   the 108 077 it took (UNVERIFIED)
/// @param regionsPerImage at most so many regions of an image of Visual Genome
/// @param roundsPerSegment at most so many rounds of a conversation of RefCOCO
/// @param tokenLimit tokens of a conversation of ShareGPT
/// @param tokens how they are counted
/// @param sizes how large images are
public record MixtureOptions(
    long seed,
    int ocrVqaConversations,
    int genomeImages,
    int regionsPerImage,
    int roundsPerSegment,
    int tokenLimit,
    TokenCounter tokens,
    ImageSizes sizes) {
  private static final int REGIONS = 10;
  private static final int ROUNDS = 9;
  private static final int TOKENS = 2048;

  public MixtureOptions {
    requirePositive("OCR-VQA's conversations", ocrVqaConversations);
    requirePositive("Visual Genome's images", genomeImages);
    requirePositive("regions of an image", regionsPerImage);
    requirePositive("rounds of a segment", roundsPerSegment);
    requirePositive("tokens of a conversation", tokenLimit);
  }

  /// The paper's numbers.
  public static MixtureOptions ofThePaper(long seed, TokenCounter tokens, ImageSizes sizes) {
    return new MixtureOptions(
        seed,
        MixtureSource.OCR_VQA.paperCount(),
        MixtureSource.VISUAL_GENOME.paperCount(),
        REGIONS,
        ROUNDS,
        TOKENS,
        tokens,
        sizes);
  }

  private static void requirePositive(String what, int value) {
    if (value < 1) {
      throw new BadInputException("the number of " + what + " is " + value + "; give at least 1");
    }
  }
}
