package llava4j.experiment.work;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import llava4j.data.Sample;
import llava4j.data.SampleFile;
import llava4j.data.mixture.SampleWriter;
import llava4j.error.BadInputException;
import llava4j.experiment.design.Filter;
import llava4j.experiment.design.Selection;
import llava4j.experiment.design.Selection.Part;
import llava4j.experiment.design.Selection.Portion;
import llava4j.experiment.design.Skill;
import llava4j.io.Sha256;

/// Training data of selections, written when they are first needed.
public final class Material {
  private static final int KEY_LENGTH = 16;
  private static final int CAPTIONS_558K = 558_128;

  /// Samples of the published mixture by what they mainly teach (the paper's Table 7; a source's
  /// count is that of its conversations).
  private static final Map<Skill, Integer> MIX_665K =
      Map.of(
          Skill.CONVERSATION, 158_000,
          Skill.SHORT, 92_000,
          Skill.CHOICE, 66_000,
          Skill.READING, 102_000,
          Skill.REGION, 134_000,
          Skill.SINGLE, 72_000,
          Skill.TEXT, 41_298);

  private final Workplace workplace;
  private final Map<String, Long> counts = new java.util.HashMap<>();

  public Material(Workplace workplace) {
    this.workplace = workplace;
  }

  /// The files of the paper's scales.
  static List<Part> paperParts() {
    return List.of(Part.PRETRAIN_558K, Part.MIX_665K);
  }

  /// Checks that the files of some selections are there.
  ///
  /// @throws BadInputException if one is missing; the message names the command that builds it
  public void requireFiles(List<Selection> selections) {
    Set<Part> wanted = new LinkedHashSet<>();
    selections.forEach(
        selection -> selection.portions().forEach(portion -> wanted.add(portion.part())));
    for (Part part : wanted) {
      Path file = workplace.data().resolve(part.file());
      if (!Files.isRegularFile(file)) {
        throw new BadInputException(
            file
                + " does not exist; build it with '"
                + builder(part)
                + "', or name another --data");
      }
    }
  }

  private static String builder(Part part) {
    return switch (part) {
      case PRETRAIN_558K -> "llava data build pretrain558k";
      case MIX_665K -> "llava data build mix665k";
      case PAIRS, CAPTIONS, LESSONS, INSTRUCTIONS, TEXTS ->
          "llava data build tiny --cache packages --divide 4 --out DIR";
    };
  }

  /// The file of a selection.
  public Path file(Selection selection) {
    String key =
        Sha256.of(workplace.dataDigest() + "\n" + selection.description()).substring(0, KEY_LENGTH);
    Path file = workplace.selections().resolve(key + ".json");
    if (!Files.exists(file)) {
      try (SampleWriter writer = SampleWriter.open(file)) {
        forEach(selection, writer::write);
        if (writer.count() == 0) {
          throw new BadInputException(
              "no sample of " + workplace.data() + " is left of: " + selection);
        }
        writer.commit();
      }
    }
    return file;
  }

  /// Number of samples of a selection; estimated from the paper's counts where its files are
  /// missing.
  public long count(Selection selection) {
    boolean there =
        selection.portions().stream()
            .allMatch(
                portion -> Files.isRegularFile(workplace.data().resolve(portion.part().file())));
    if (!there) {
      return published(selection);
    }
    return counts.computeIfAbsent(
        selection.toString(),
        _ -> {
          long[] count = new long[1];
          forEach(selection, _ -> count[0]++);
          return count[0];
        });
  }

  /// By the paper's counts; of the small mixture no more than is asked for.
  private static long published(Selection selection) {
    double count = 0;
    for (Portion portion : selection.portions()) {
      count +=
          switch (portion.part()) {
            case PRETRAIN_558K -> Math.min(portion.most(), CAPTIONS_558K);
            case MIX_665K -> ofMixture(selection.filters());
            default -> portion.most();
          };
    }
    for (Filter filter : selection.filters()) {
      count *=
          switch (filter) {
            case Filter.Share(double share) -> share;
            case Filter.Slice(int _, int of) -> 1.0 / of;
            default -> 1;
          };
    }
    return Math.round(count);
  }

  private static double ofMixture(List<Filter> filters) {
    Map<Skill, Double> counts = new EnumMap<>(Skill.class);
    MIX_665K.forEach((skill, count) -> counts.put(skill, (double) count));
    for (Filter filter : filters) {
      switch (filter) {
        case Filter.Keep(Set<Skill> skills) -> counts.keySet().retainAll(skills);
        case Filter.WithoutLetters _ -> counts.remove(Skill.CHOICE);
        case Filter.Weighed(Skill skill, double times) ->
            counts.computeIfPresent(skill, (_, count) -> count * times);
        case Filter.Share _, Filter.Slice _, Filter.Unprompted _, Filter.WrongDetails _ -> {}
      }
    }
    return counts.values().stream().mapToDouble(Double::doubleValue).sum();
  }

  private void forEach(Selection selection, Consumer<Sample> receiver) {
    Consumer<Sample> chain = receiver;
    for (Filter filter : selection.filters().reversed()) {
      Filtering filtering = new Filtering(filter);
      Consumer<Sample> next = chain;
      chain = sample -> filtering.apply(sample).forEach(next);
    }
    for (Portion portion : selection.portions()) {
      Path file = workplace.data().resolve(portion.part().file());
      try (SampleFile samples = SampleFile.open(file)) {
        int most = Math.min(portion.most(), samples.size());
        for (int i = 0; i < most; i++) {
          chain.accept(samples.get(i));
        }
      }
    }
  }
}
