package llava4j.train.model;

import java.util.ArrayList;
import java.util.List;
import llava4j.config.LlavaConfig;
import llava4j.image.FeatureLayout;
import llava4j.model.ImageEncoder;
import llava4j.train.batch.Batch;
import llava4j.train.batch.LabelledTokens;
import llava4j.train.batch.SequencePlan;
import llava4j.train.config.TrainConfig;

/// Computes the sequence position of every text token and image token of a batch.
///
/// @param maxLength maximum number of tokens of a sample, image tokens included
/// @param packing whether several samples may share a sequence
public record BatchRowPlanner(LlavaConfig config, int maxLength, boolean packing) {

  /// The planner for a run's settings.
  public static BatchRowPlanner of(TrainConfig config, LlavaConfig llava) {
    return new BatchRowPlanner(llava, config.data().maxLength(), config.data().packing());
  }

  /// Plans one batch.
  public Objective.Planned plan(Batch batch) {
    List<LabelledTokens> texts = new ArrayList<>();
    List<List<int[]>> sources = new ArrayList<>();
    int rowsPerView = config.vision().rowsPerView();
    int views = batch.images().stream().mapToInt(image -> image.pixels().views()).sum();
    int firstRow = 0;
    for (Batch.Item item : batch.samples()) {
      texts.add(item.tokens());
      List<int[]> ofItem = new ArrayList<>();
      for (Batch.Image image : item.images()) {
        ofItem.add(rows(image, firstRow, views * rowsPerView));
        firstRow += image.pixels().views() * rowsPerView;
      }
      sources.add(ofItem);
    }
    return new Objective.Planned(batch, SequencePlan.of(texts, sources, maxLength, packing));
  }

  private int[] rows(Batch.Image image, int firstRow, int newlineRow) {
    int[] order = ImageEncoder.order(config, image.pixels().grid());
    for (int i = 0; i < order.length; i++) {
      order[i] = order[i] == FeatureLayout.NEWLINE ? newlineRow : firstRow + order[i];
    }
    return order;
  }
}
