package llava4j.tiny.model;

import java.util.List;
import llava4j.tensor.Scope;
import llava4j.train.model.SeededTensors;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/// An embedding table whose words have marks, as [FreshDecoder] begins one.
public final class PlacedWords {
  private PlacedWords() {}

  /// Draws one. [vocab, dim]
  ///
  /// @param places deviation of what words have in the columns for places
  public static Tensor table(long vocab, int dim, double places) {
    try (Scope scope = new Scope()) {
      List<Long> shape = List.of(vocab, (long) dim);
      Tensor table = new SeededTensors(3).normal("words", shape, 1); // [vocab, dim]
      table.narrow(1, dim - FreshDecoder.MARKS, FreshDecoder.MARKS).fill_(new Scalar(1));
      table.narrow(1, PlaceColumns.first(dim), PlaceColumns.COUNT).mul_(new Scalar(places));
      return scope.keep(table);
    }
  }
}
