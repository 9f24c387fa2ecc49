package llava4j.experiment.design;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The training data of one stage.
///
/// @param portions where the samples come from, in order
/// @param filters applied one after the other
public record Selection(List<Portion> portions, List<Filter> filters) {

  /// Raised when the code of a filter gives other samples than before, so that files, models and
  /// lines of the ledger that came of the old ones are not taken for new ones.
  private static final int FILTERS = 2;

  public Selection {
    portions = List.copyOf(portions);
    filters = List.copyOf(filters);
  }

  /// A file of samples.
  public enum Part {
    PAIRS("pairs.json"),
    CAPTIONS("captions.json"),
    LESSONS("lessons.json"),
    INSTRUCTIONS("instructions.json"),
    TEXTS("texts.json"),
    PRETRAIN_558K("blip_laion_cc_sbu_558k.json"),
    MIX_665K("llava_v1_5_mix665k.json");

    private final String file;

    Part(String file) {
      this.file = file;
    }

    /// Its name in the data folder.
    public String file() {
      return file;
    }
  }

  /// The first samples of a file.
  ///
  /// @param most at most so many of them
  public record Portion(Part part, int most) {
    @Override
    public String toString() {
      return (most == Integer.MAX_VALUE ? "all" : String.valueOf(most)) + " of " + part.file();
    }
  }

  /// A whole file.
  public static Selection all(Part part) {
    return first(part, Integer.MAX_VALUE);
  }

  /// The first samples of a file.
  public static Selection first(Part part, int most) {
    return new Selection(List.of(new Portion(part, most)), List.of());
  }

  /// These samples, then those of another selection without filters.
  public Selection and(Part part, int most) {
    List<Portion> more = new ArrayList<>(portions);
    more.add(new Portion(part, most));
    return new Selection(more, filters);
  }

  /// With one more filter.
  public Selection with(Filter filter) {
    List<Filter> more = new ArrayList<>(filters);
    more.add(filter);
    return new Selection(portions, more);
  }

  /// Everything that the samples depend on, except the files' contents.
  public String description() {
    return filters.isEmpty() ? toString() : this + ", filters of format " + FILTERS;
  }

  @Override
  public String toString() {
    String from = portions.stream().map(Portion::toString).collect(Collectors.joining(" and "));
    return filters.isEmpty()
        ? from
        : from + ", " + filters.stream().map(Filter::toString).collect(Collectors.joining(", "));
  }
}
