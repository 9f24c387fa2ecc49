package llava4j.data.mixture;

import llava4j.data.mixture.rule.TokenCounter;
import llava4j.data.mixture.source.ImageSizes;
import llava4j.error.BadInputException;

/// The settings of a mixture.
///
/// @param seed seed of all random numbers
/// @param ocrVqaConversations maximum number of conversations from OCR-VQA
/// @param genomeImages maximum number of images from Visual Genome; the paper does not say which of
///   the 108 077 it used (UNVERIFIED)
/// @param regionsPerImage maximum number of regions per image of Visual Genome
/// @param roundsPerSegment maximum number of rounds per conversation of RefCOCO
/// @param tokenLimit maximum number of tokens per conversation of ShareGPT
/// @param tokens counts tokens
/// @param sizes returns the size of an image
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

  /// The settings of the paper.
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
      throw new BadInputException(
          "the number of " + what + " is " + value + "; it must be at least 1");
    }
  }
}
