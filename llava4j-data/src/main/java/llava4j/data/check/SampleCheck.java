package llava4j.data.check;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import llava4j.data.ImageSize;
import llava4j.data.Sample;
import llava4j.data.check.TokenRule.Tokens;
import llava4j.error.BadInputException;
import llava4j.image.decode.DecodeOptions;

/// Checks one sample: its conversation, its image and its tokens, but not whether others have the
/// same id. Thread-safe.
public final class SampleCheck {
  private final ImageCheck imageCheck;
  private final Optional<TokenRule> tokens;

  /// Without counting tokens, with the usual limit of pixels.
  ///
  /// @param images folder that the image paths are relative to
  public SampleCheck(Path images) {
    this(images, DecodeOptions.DEFAULT_MAX_PIXELS, Optional.empty());
  }

  /// @param images folder that the image paths are relative to
  /// @param maxPixels maximum number of pixels of an image
  /// @param tokens counts the tokens of a sample; empty if they are not to be counted
  /// @throws BadInputException if there is no such folder
  public SampleCheck(Path images, long maxPixels, Optional<TokenRule> tokens) {
    if (!Files.isDirectory(images)) {
      throw new BadInputException(
          images + " is not a folder; set --images to the folder of the samples' images");
    }
    this.imageCheck = new ImageCheck(images, maxPixels);
    this.tokens = tokens;
  }

  /// @param number index of the sample in its file
  /// @param json of the sample, for those who receive the result
  /// @throws llava4j.error.MemoryShortageException if the heap is too small to decode its image
  public CheckedSample check(int number, Sample sample, byte[] json) {
    List<Finding> findings = new ArrayList<>(ConversationCheck.of(number, sample));
    Optional<ImageSize> size = Optional.empty();
    if (sample.image().isPresent()) {
      ImageCheck.Result result = imageCheck.of(sample.image().get());
      result
          .problem()
          .ifPresent(
              problem -> findings.add(new Finding(number, sample.id(), problem, result.detail())));
      size = result.size();
    }
    Optional<Tokens> counted =
        tokens.isEmpty() || findings.stream().anyMatch(finding -> finding.problem().hurts())
            ? Optional.empty()
            : count(tokens.get(), number, sample, size, findings);
    return new CheckedSample(number, sample, json, findings, counted);
  }

  private static Optional<Tokens> count(
      TokenRule rule, int number, Sample sample, Optional<ImageSize> size, List<Finding> findings) {
    try {
      Tokens counted = rule.of(sample, size);
      if (counted.rows() > rule.maxLength()) {
        String length = counted.rows() + " tokens";
        findings.add(new Finding(number, sample.id(), Problem.CUT_OFF, length));
      }
      if (counted.supervised() == 0) {
        findings.add(new Finding(number, sample.id(), Problem.NOTHING_SUPERVISED, ""));
      }
      return Optional.of(counted);
    } catch (BadInputException e) {
      findings.add(new Finding(number, sample.id(), Problem.REFUSED, e.getMessage()));
      return Optional.empty();
    }
  }
}
