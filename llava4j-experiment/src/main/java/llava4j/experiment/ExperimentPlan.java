package llava4j.experiment;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import llava4j.experiment.design.Arm;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.Model;
import llava4j.experiment.ledger.Ledger;
import llava4j.experiment.work.Costs;
import llava4j.experiment.work.ModelFiles;

/// What an experiment will do, and what it will cost.
public final class ExperimentPlan {
  private static final double SECONDS_OF_AN_HOUR = 3600;

  private final Experiment experiment;
  private final List<Item> items;

  /// @param stages of the arm's lineage, in order
  /// @param finished whether the arm stands in the ledger
  /// @param askingSeconds predicted
  record Item(Arm arm, long seed, List<StageItem> stages, boolean finished, double askingSeconds) {
    double seconds() {
      return finished
          ? 0
          : askingSeconds + stages.stream().mapToDouble(StageItem::secondsLeft).sum();
    }
  }

  /// @param owner the arm and seed for which it is made first; empty for this one
  /// @param made whether it is finished already
  record StageItem(Model.Trained stage, Costs.Cost cost, boolean made, Optional<String> owner) {
    double secondsLeft() {
      return made || owner.isPresent() ? 0 : cost.seconds();
    }
  }

  ExperimentPlan(
      Experiment experiment,
      List<Long> seeds,
      Costs costs,
      ModelFiles files,
      Ledger ledger,
      double askingSeconds) {
    this.experiment = experiment;
    this.items = new ArrayList<>();
    Map<String, String> owners = new HashMap<>();
    for (long seed : seeds) {
      for (Arm arm : experiment.arms()) {
        String who = arm.name() + (seeds.size() > 1 ? ", seed " + seed : "");
        List<StageItem> stages = new ArrayList<>();
        for (Model model : arm.model().seeded(seed).lineage()) {
          if (model instanceof Model.Trained stage) {
            Optional<String> owner = Optional.ofNullable(owners.putIfAbsent(stage.key(), who));
            stages.add(new StageItem(stage, costs.of(stage), files.made(stage).isPresent(), owner));
          }
        }
        boolean finished =
            ledger.find(arm.name(), seed, experiment.settings(arm, seed)).isPresent();
        items.add(new Item(arm, seed, stages, finished, askingSeconds));
      }
    }
  }

  /// Predicted seconds of everything that is not finished.
  public double seconds() {
    return items.stream().mapToDouble(Item::seconds).sum();
  }

  List<Item> items() {
    return List.copyOf(items);
  }

  /// For people: what each arm is made of, then the sum.
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(
        experiment.name().word()
            + " ("
            + experiment.scale().word()
            + "): "
            + experiment.question());
    lines.add("the paper (" + experiment.where() + "): " + experiment.claim());
    for (Item item : items) {
      lines.add("");
      lines.add(
          "arm \""
              + item.arm().name()
              + "\", seed "
              + item.seed()
              + (item.finished() ? ": finished" : ": " + time(item.seconds())));
      if (!item.finished()) {
        item.stages().forEach(stage -> lines.addAll(lines(stage)));
      }
    }
    long open = items.stream().filter(item -> !item.finished()).count();
    lines.add("");
    lines.add(
        String.format(
            Locale.ROOT,
            "%d of %d runs to do, about %s altogether",
            open,
            items.size(),
            time(seconds())));
    return lines;
  }

  private List<String> lines(StageItem item) {
    Model.Trained stage = item.stage();
    Costs.Cost cost = item.cost();
    List<String> lines = new ArrayList<>();
    String state =
        item.made()
            ? "made already"
            : item.owner()
                .map(who -> "shared with \"" + who + "\"")
                .orElse(
                    String.format(
                        Locale.ROOT,
                        "%s at %.1f samples/s, %s",
                        time(cost.seconds()),
                        cost.rate(),
                        cost.basis().words()));
    lines.add(
        String.format(
            Locale.ROOT,
            "  %s: %s, %d steps of %d: %s",
            stage.config().preset(),
            stage.data(),
            cost.steps(),
            stage.config().batching().globalBatch(),
            state));
    if (!experiment.scale().isSmall() && !item.made() && item.owner().isEmpty()) {
      lines.add("    " + command(stage));
    }
    return lines;
  }

  /// The same stage as a command, for several GPUs.
  private static String command(Model.Trained stage) {
    StringBuilder command = new StringBuilder("llava train ").append(stage.config().preset());
    switch (stage.parent()) {
      case Model.Published published -> {
        command.append(" --base ").append(published.languageModel());
        command.append(" --vision-tower ").append(published.tower());
        command.append(" --projector-type ").append(published.projector());
      }
      case Model.Trained parent when parent.parent() instanceof Model.Published published -> {
        command.append(" --base ").append(published.languageModel());
        command.append(" --vision-tower ").append(published.tower());
        command.append(" --projector-type ").append(published.projector());
        command.append(" --projector OUT/models/").append(parent.key());
        command.append("/mm_projector.bin");
      }
      default -> command.append(" --base OUT/models/").append(stage.parent().key());
    }
    command.append(" --data FILE --images DIR --out OUT/models/").append(stage.key());
    command.append(" --processes 8 seed=").append(stage.config().execution().seed());
    command.append(" epochs=").append(stage.config().batching().epochs());
    command.append(" globalBatch=").append(stage.config().batching().globalBatch());
    command.append(" learningRate=").append(stage.config().optimization().learningRate());
    command.append(" order=").append(stage.config().data().order());
    return command.toString();
  }

  /// Hours, minutes and seconds.
  static String time(double seconds) {
    return seconds >= SECONDS_OF_AN_HOUR
        ? String.format(Locale.ROOT, "%.1f h", seconds / SECONDS_OF_AN_HOUR)
        : String.format(
            Locale.ROOT, "%d:%02d min", Math.round(seconds) / 60, Math.round(seconds) % 60);
  }
}
