package llava4j.experiment.catalogue;

import llava4j.config.ProjectorConfig;
import llava4j.experiment.design.Measure;
import llava4j.experiment.design.Model;
import llava4j.experiment.design.Scale;
import llava4j.experiment.design.Selection;
import llava4j.experiment.design.View;
import llava4j.train.config.TrainConfig.Order;

/// The parts that experiments of one scale are made of.
interface Kit {

  Scale scale();

  /// The side of a view: 224 and 336 pixels in the paper.
  enum Sight {
    LOW,
    MIDDLE,
    STANDARD
  }

  /// How stage 2 is run.
  ///
  /// @param epochs passes over the data
  /// @param timed whether its time is a figure
  record Tuning(View view, Order order, double epochs, boolean timed) {
    Tuning seen(View other) {
      return new Tuning(other, order, epochs, timed);
    }

    Tuning ordered(Order other) {
      return new Tuning(view, other, epochs, timed);
    }

    Tuning repeated(double times) {
      return new Tuning(view, order, times, timed);
    }

    Tuning timedAlone() {
      return new Tuning(view, order, epochs, true);
    }
  }

  /// The model before stage 1, with the paper's language model or its like.
  Model base(Sight sight);

  /// The same with the next larger language model.
  Model largerBase();

  /// After stage 1, with the connector of the scale's recipe.
  Model connected(Model base);

  /// After stage 1, with a new connector.
  Model connected(Model base, ProjectorConfig connector);

  /// After stage 2.
  Model tuned(Model connected, Selection data, Tuning tuning);

  /// Stage 2 as in the scale's recipe.
  Tuning tuning();

  /// The whole mixture of stage 2.
  Selection mixture();

  /// The measure that stands for the model as a whole.
  Measure overall();

  /// The measure of what is not there: POPE, or questions for yes and no.
  Measure presence();
}
