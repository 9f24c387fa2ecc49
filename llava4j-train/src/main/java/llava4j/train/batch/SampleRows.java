package llava4j.train.batch;

import java.util.List;
import java.util.Optional;
import llava4j.config.LlavaConfig;
import llava4j.data.ImageSize;
import llava4j.data.Sample;
import llava4j.data.check.TokenRule;
import llava4j.image.Preprocessor;
import llava4j.model.ImageEncoder;
import llava4j.text.template.ConversationTemplate;
import llava4j.text.tokenizer.Tokenizer;

/// Counts the tokens of a sample as [SampleLoader] would produce them, from the image's size alone.
public final class SampleRows implements TokenRule {
  private final LabelMasker masker;
  private final Preprocessor preprocessor;
  private final LlavaConfig config;
  private final LengthLimit limit;

  /// @param maxLength maximum number of tokens of a sample, image tokens included
  public SampleRows(
      ConversationTemplate template,
      Tokenizer tokenizer,
      Preprocessor preprocessor,
      LlavaConfig config,
      int maxLength) {
    // the masker must not truncate, because the untruncated length is reported
    this.masker = new LabelMasker(template, tokenizer, Integer.MAX_VALUE, MaskRule.BY_CONSTRUCTION);
    this.preprocessor = preprocessor;
    this.config = config;
    this.limit = new LengthLimit(maxLength);
  }

  @Override
  public Tokens of(Sample sample, Optional<ImageSize> image) {
    LabelledTokens whole = masker.mask(sample);
    List<int[]> rowsOfImages =
        image
            .map(size -> preprocessor.grid(size.width(), size.height()))
            .map(grid -> List.of(ImageEncoder.order(config, grid)))
            .orElse(List.of());
    int imageRows = rowsOfImages.stream().mapToInt(rows -> rows.length).sum();
    int rows = Math.toIntExact(whole.ids().length - LengthLimit.slots(whole) + imageRows);
    return new Tokens(rows, limit.supervised(sample, limit.cut(whole), rowsOfImages));
  }

  @Override
  public int maxLength() {
    return limit.rows();
  }
}
