package llava4j.experiment.report;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import llava4j.experiment.design.Arm;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Measure.Unit;
import llava4j.experiment.design.Scale;
import llava4j.experiment.judge.Estimate;
import llava4j.experiment.judge.Judgement;
import llava4j.experiment.judge.Results;
import llava4j.io.AtomicFile;

/// The report of an experiment. The same figures give the same report, except for the times.
///
/// @param how sentences about data, models and machine
/// @param times what took how long, as rows of a table
public record Report(
    Experiment experiment,
    Results results,
    Judgement judgement,
    List<String> how,
    List<List<String>> times) {
  private static final String PLOT = "plot.svg";

  public Report {
    how = List.copyOf(how);
    times = List.copyOf(times);
  }

  /// Writes `report.md`, `report.html` and `plot.svg`.
  ///
  /// @return the first two
  public List<Path> write(Path folder) {
    List<Block> blocks = blocks();
    Path markdown = folder.resolve("report.md");
    Path html = folder.resolve("report.html");
    AtomicFile.writeText(markdown, MarkdownText.of(blocks));
    AtomicFile.writeText(html, HtmlText.of(experiment.name().title(), blocks));
    plot().ifPresent(plot -> AtomicFile.writeText(folder.resolve(PLOT), plot.svg() + "\n"));
    return List.of(markdown, html);
  }

  private List<Block> blocks() {
    List<Block> blocks = new ArrayList<>();
    blocks.add(
        new Block.Heading(
            1,
            experiment.name().title()
                + " (`"
                + experiment.name().word()
                + "`, "
                + experiment.scale().word()
                + ")"));
    blocks.add(new Block.Paragraph(experiment.question()));
    blocks.add(
        new Block.Paragraph("**The paper** (" + experiment.where() + "): " + experiment.claim()));
    blocks.add(new Block.Paragraph("**We: " + judgement.verdict().words() + ".** " + seeds()));
    blocks.add(new Block.Bullets(judgement.reasons()));
    blocks.add(new Block.Heading(2, "What was found"));
    plot()
        .ifPresent(plot ->
            blocks.add(
                new Block.Drawing(
                    plot.svg(),
                    PLOT,
                    "Means of "
                        + experiment.plotted().title()
                        + " by arm, with 95 % intervals and each seed")));
    blocks.add(table());
    blocks.add(new Block.Paragraph(legend()));
    blocks.add(new Block.Heading(2, "How to read it"));
    blocks.add(new Block.Paragraph(meaning()));
    if (!experiment.limits().isEmpty()) {
      blocks.add(new Block.Paragraph(experiment.limits()));
    }
    blocks.add(new Block.Heading(2, "How it was run"));
    blocks.add(new Block.Bullets(how));
    if (!times.isEmpty()) {
      blocks.add(new Block.Table(List.of("arm", "seed", "training", "questions", "asking"), times));
    }
    return blocks;
  }

  private String seeds() {
    List<Long> seeds = results.seeds();
    long finished = results.entries().size();
    long all = (long) seeds.size() * experiment.arms().size();
    String counted =
        seeds.size() == 1 ? "One seed for each arm." : seeds.size() + " seeds for each arm.";
    return finished == all
        ? counted
        : finished + " runs are finished, of at most " + seeds.size() + " seeds for each arm.";
  }

  /// Two columns for the eye: what the paper found, what we found.
  private Block table() {
    List<String> head = new ArrayList<>(List.of("arm", "the paper found"));
    for (Measure measure : experiment.measures()) {
      head.add("we found: " + measure.title() + unit(measure));
    }
    List<List<String>> rows = new ArrayList<>();
    for (Arm arm : experiment.arms()) {
      List<String> row = new ArrayList<>(List.of(arm.name(), arm.paper()));
      for (Measure measure : experiment.measures()) {
        row.add(
            results.estimate(arm.name(), measure).map(Numbers::estimate).orElse("not measured"));
      }
      rows.add(row);
    }
    if (experiment.measures().stream().anyMatch(one -> results.guess(one).isPresent())) {
      List<String> row = new ArrayList<>(List.of("most frequent answer", ""));
      for (Measure measure : experiment.measures()) {
        OptionalDouble guess = results.guess(measure);
        row.add(guess.isPresent() ? Numbers.plain(guess.getAsDouble()) : "");
      }
      rows.add(row);
    }
    return new Block.Table(head, rows);
  }

  private static String unit(Measure measure) {
    return measure.unit() == Unit.PERCENT || measure.unit() == Unit.SHARE
        ? ", %"
        : measure.unit() == Unit.SECONDS ? ", s" : "";
  }

  private String legend() {
    String last =
        results.guess(experiment.measures().getFirst()).isPresent()
                || experiment.measures().stream().anyMatch(one -> results.guess(one).isPresent())
            ? " The last row is what always giving the most frequent answer to each kind of question"
                + " would reach; an arm that does not exceed it has learned nothing about images."
            : "";
    return "Means over the seeds; in parentheses 95 % intervals, which count the chance of the"
        + " questions (bootstrap) and, with several seeds, of training (Student's t)."
        + last;
  }

  private String meaning() {
    String decided =
        switch (judgement.verdict()) {
          case AGREE -> "Our figures show the same difference as the paper's, beyond chance.";
          case DISAGREE -> "Our figures show the opposite of what the paper found, beyond chance.";
          case CANNOT_TELL ->
              "Our figures neither confirm nor contradict the finding. That is no evidence against"
                  + " the paper.";
        };
    return experiment.scale() == Scale.SMOKE
        ? "These models learned nothing: this size only tests the machinery. " + decided
        : decided;
  }

  private Optional<Plot> plot() {
    List<Plot.Line> lines = new ArrayList<>();
    for (Arm arm : experiment.arms()) {
      Optional<Estimate> found = results.estimate(arm.name(), experiment.plotted());
      found.ifPresent(estimate -> lines.add(new Plot.Line(arm.name(), estimate)));
    }
    return lines.isEmpty()
        ? Optional.empty()
        : Optional.of(
            new Plot(
                experiment.plotted().title()
                    + unit(experiment.plotted())
                    + String.format(
                        Locale.ROOT,
                        " (%s)",
                        results.seeds().size() == 1 ? "1 seed" : results.seeds().size() + " seeds"),
                lines,
                results.guess(experiment.plotted())));
  }
}
