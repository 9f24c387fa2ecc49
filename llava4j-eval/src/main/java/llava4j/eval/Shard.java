package llava4j.eval;

import llava4j.error.BadInputException;

/// One of several parts of a benchmark's questions, split as in the original: consecutive
/// questions, ceil(questions / count) in each part.
///
/// @param index from 0
public record Shard(int index, int count) {
  public Shard {
    if (count < 1 || index < 0 || index >= count) {
      throw new BadInputException(
          "shard " + index + "/" + count + " does not exist; with n shards, write 0/n to (n-1)/n");
    }
  }

  /// All questions.
  public static Shard whole() {
    return new Shard(0, 1);
  }

  /// Reads `i/n`.
  public static Shard parse(String text) {
    String[] parts = text.split("/", -1);
    try {
      return new Shard(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
    } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
      throw new BadInputException("'" + text + "' is not a shard; write i/n, such as 0/4", e);
    }
  }

  /// Whether question `number` of `total` belongs to it.
  public boolean has(int number, int total) {
    int size = Math.ceilDiv(total, count);
    return number / size == index;
  }

  /// The name of its answer file.
  String fileName(String task) {
    return count == 1 ? task + ".jsonl" : task + ".shard-" + index + "-of-" + count + ".jsonl";
  }
}
