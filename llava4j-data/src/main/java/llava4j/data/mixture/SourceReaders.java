package llava4j.data.mixture;

import java.nio.file.Path;
import java.util.List;
import java.util.function.LongConsumer;
import llava4j.data.mixture.rule.SeededChance;
import llava4j.data.mixture.rule.Truncation;
import llava4j.data.mixture.source.AokVqaReader;
import llava4j.data.mixture.source.GqaReader;
import llava4j.data.mixture.source.ImageConversationReader;
import llava4j.data.mixture.source.ImageConversationReader.Images;
import llava4j.data.mixture.source.NativeFile;
import llava4j.data.mixture.source.OcrVqaReader;
import llava4j.data.mixture.source.RefCocoReader;
import llava4j.data.mixture.source.RefCocoReader.Release;
import llava4j.data.mixture.source.RefsFile;
import llava4j.data.mixture.source.ShareGptReader;
import llava4j.data.mixture.source.SourceReader;
import llava4j.data.mixture.source.TextCapsReader;
import llava4j.data.mixture.source.VisualGenomeReader;
import llava4j.data.mixture.source.VqaReader;
import llava4j.data.mixture.source.VqaReader.Edition;

/// Creates the reader of each source.
final class SourceReaders {
  private final SourceFolder folder;
  private final MixtureOptions options;
  private final LongConsumer progress;

  SourceReaders(SourceFolder folder, MixtureOptions options, LongConsumer progress) {
    this.folder = folder;
    this.options = options;
    this.progress = progress;
  }

  SourceReader open(MixtureSource source) {
    SeededChance chance = chanceOf(source);
    return switch (source) {
      case LLAVA_INSTRUCT -> new ImageConversationReader(files(source, 0), Images.COCO);
      case LCS_558K -> new ImageConversationReader(files(source, 0), Images.AS_NAMED);
      case SHAREGPT ->
          new ShareGptReader(
              files(source, 0), new Truncation(options.tokenLimit(), options.tokens()));
      case VQA_V2 -> new VqaReader(Edition.VQA_V2, file(source, 0), file(source, 1), chance);
      case OK_VQA -> new VqaReader(Edition.OK_VQA, file(source, 0), file(source, 1), chance);
      case GQA -> new GqaReader(file(source, 0), chance);
      case OCR_VQA -> new OcrVqaReader(file(source, 0), chance);
      case A_OKVQA -> new AokVqaReader(file(source, 0), chance);
      case TEXT_CAPS -> new TextCapsReader(file(source, 0), file(source, 1), chance);
      case REF_COCO ->
          new RefCocoReader(
              List.of(release(source, 0), release(source, 2), release(source, 4)),
              options.sizes(),
              options.roundsPerSegment(),
              chance);
      case VISUAL_GENOME ->
          new VisualGenomeReader(
              file(source, 0), file(source, 1), options.sizes(), options.regionsPerImage(), chance);
    };
  }

  SeededChance chanceOf(MixtureSource source) {
    return new SeededChance(options.seed(), source.word());
  }

  private Release release(MixtureSource source, int need) {
    Path refs = folder.of(source, need + 1).getFirst();
    return new Release(
        file(source, need), new RefsFile(refs, expected(source, need + 1), progress));
  }

  private NativeFile file(MixtureSource source, int need) {
    return files(source, need).getFirst();
  }

  private List<NativeFile> files(MixtureSource source, int need) {
    String expected = expected(source, need);
    return folder.of(source, need).stream()
        .map(path -> new NativeFile(path, expected, progress))
        .toList();
  }

  private static String expected(MixtureSource source, int need) {
    return FileNeed.of(source).get(need).describe() + " as published by " + source.site();
  }
}
