package llava4j.experiment.catalogue;

import java.util.ArrayList;
import java.util.List;
import llava4j.experiment.catalogue.Kit.Sight;
import llava4j.experiment.design.Arm;
import llava4j.experiment.design.Experiment;
import llava4j.experiment.design.ExperimentName;
import llava4j.experiment.design.Filter;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Rule;
import llava4j.experiment.design.Selection;
import llava4j.experiment.design.View;

/// How much of an image the model sees.
final class Sights {
  private static final double WRONG = 0.5;

  private Sights() {}

  static Experiment resolution(Kit kit) {
    List<Arm> arms = new ArrayList<>();
    arms.add(plain(kit, Sight.LOW, "Table 2: GQA 50.3, MME 1426.5 (224 px, 7B)"));
    if (kit instanceof SmallKit) {
      arms.add(plain(kit, Sight.MIDDLE, ""));
    }
    arms.add(plain(kit, Sight.STANDARD, "Table 2: GQA 51.4, MME 1450 (336 px, 7B)"));
    if (kit instanceof PaperKit) {
      Model low = kit.connected(kit.base(Sight.LOW));
      Model tiles = kit.tuned(low, kit.mixture(), kit.tuning().seen(View.TILES));
      arms.add(new Arm("448 px in tiles", "POPE 86.3 (13B)", tiles));
    }
    return new Experiment(
        ExperimentName.RESOLUTION,
        kit.scale(),
        "Does a larger image make the model better, and keep it from seeing what is not there?",
        kit.scale().isSmall()
            ? "A larger image makes the model better (GQA, with 336 instead of 224 pixels)."
            : "336 instead of 224 pixels raise GQA.",
        "Table 2, sections 3.4 and 5.2",
        arms,
        seen(kit),
        kit.overall(),
        new Rule.More(side(kit, Sight.STANDARD), side(kit, Sight.LOW), kit.overall()),
        kit.scale().isSmall()
            ? "Each side has a vision tower of its own, trained for the same number of steps, as"
                + " CLIP's towers are. A tower with more patches learns more slowly, which works against"
                + " the larger side in so short a time."
            : "");
  }

  private static Arm plain(Kit kit, Sight sight, String paper) {
    Model connected = kit.connected(kit.base(sight));
    return new Arm(side(kit, sight), paper, kit.tuned(connected, kit.mixture(), kit.tuning()));
  }

  private static String side(Kit kit, Sight sight) {
    return switch (kit) {
      case SmallKit small -> small.side(sight) + " px";
      default -> sight == Sight.STANDARD ? "336 px" : "224 px";
    };
  }

  static Experiment hallucination(Kit kit) {
    List<Arm> arms = new ArrayList<>();
    for (Sight sight : List.of(Sight.LOW, Sight.STANDARD)) {
      Model connected = kit.connected(kit.base(sight));
      Selection wrong = kit.mixture().with(new Filter.WrongDetails(WRONG));
      arms.add(
          new Arm(
              side(kit, sight) + ", details right",
              sight == Sight.LOW ? "" : "POPE 85.9 (7B)",
              kit.tuned(connected, kit.mixture(), kit.tuning())));
      arms.add(
          new Arm(
              side(kit, sight) + ", details wrong", "", kit.tuned(connected, wrong, kit.tuning())));
    }
    Measure presence = kit.presence();
    return new Experiment(
        ExperimentName.HALLUCINATION,
        kit.scale(),
        "Do descriptions with details that the image does not show teach the model to make them up,"
            + " and does a larger image help?",
        "With a larger image the model is better at telling what is there and what is not.",
        "Section 5.2",
        arms,
        seen(kit),
        presence,
        Rule.all(
            new Rule.More(arms.get(2).name(), arms.get(0).name(), presence),
            new Rule.More(arms.get(3).name(), arms.get(1).name(), presence)),
        kit.scale().isSmall()
            ? "Wrong details are a second image's description after half of all descriptions, so they"
                + " are wrong at every resolution. That details which are right and too small to see teach"
                + " the model to guess, as the paper says without figures, is not judged."
            : "That details which the model cannot see teach it to guess, as the paper says without"
                + " figures, is not judged.");
  }

  static Experiment hd(Kit kit) {
    Model connected = kit.connected(kit.base(Sight.LOW));
    String alone = "tiles alone";
    String whole = "tiles and whole image";
    List<Arm> arms =
        List.of(
            new Arm("one view", "", kit.tuned(connected, kit.mixture(), kit.tuning())),
            tiled(kit, connected, alone, "GQA 62.9, MME 1425.8, MM-Vet 31.9", View.TILES_ALONE),
            tiled(kit, connected, whole, "GQA 63.8, MME 1497.5, MM-Vet 35.1", View.TILES),
            tiled(kit, connected, "without row ends, with padding", "", View.TILES_PLAIN));
    return new Experiment(
        ExperimentName.HD,
        kit.scale(),
        "What do tiles, the whole image beside them, row ends and the removal of padding bring?",
        kit.scale().isSmall()
            ? "With the whole image beside the tiles the model is better."
            : "With the whole image beside the tiles, GQA rises.",
        "Section 3.4, appendix A.1",
        arms,
        seen(kit),
        kit.overall(),
        new Rule.More(whole, alone, kit.overall()),
        kit.scale().isSmall()
            ? "The mixture's images have about 112 pixels a side; with tiles of 42 they become two by"
                + " two. The connector is trained on one view, as in the paper, so that tiles are new to the"
                + " model in stage 2."
            : "The paper does not publish its code for tiles; see docs/adr/0015 and the specification"
                + " of HighDefinition for what is our choice.");
  }

  private static Arm tiled(Kit kit, Model connected, String name, String paper, View view) {
    return new Arm(name, paper, kit.tuned(connected, kit.mixture(), kit.tuning().seen(view)));
  }

  private static List<Measure> seen(Kit kit) {
    return kit.scale().isSmall()
        ? List.of(
            Measure.RIGHT,
            Measure.YES_NO,
            Measure.SAID_YES,
            Measure.SHORT_ANSWERS,
            Measure.READING,
            Measure.REGIONS)
        : List.of(Measure.GQA, Measure.MME, Measure.MMVET, Measure.POPE, Measure.TEXTVQA);
  }
}
