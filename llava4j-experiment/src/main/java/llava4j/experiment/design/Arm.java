package llava4j.experiment.design;

/// One variant of an experiment.
///
/// @param name short and unique in the experiment
/// @param paper what the paper reports of it, as printed; empty if nothing
/// @param model before a seed is chosen
public record Arm(String name, String paper, Model model, Asking asking) {

  /// How the held-out questions are asked.
  public enum Asking {
    /// With their format prompts.
    PROMPTED,
    /// Without them.
    UNPROMPTED
  }

  /// An arm that is asked with format prompts.
  public Arm(String name, String paper, Model model) {
    this(name, paper, model, Asking.PROMPTED);
  }

  /// The same variant, asked otherwise.
  public Arm asked(Asking other) {
    return new Arm(name, paper, model, other);
  }
}
