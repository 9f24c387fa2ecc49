package llava4j.data.mixture.rule;

import java.util.Comparator;
import java.util.HashSet;
import java.util.PriorityQueue;
import java.util.Set;

/// Chooses at most so many of any number of keys, each with the same chance. Which ones depends on
/// the keys, not on their order; a key that comes twice is one.
public final class HashSample {
  /// A key and its place.
  private record Ticket(long rank, String key) {}

  private final SeededChance draws;
  private final int most;
  private final PriorityQueue<Ticket> worstFirst =
      new PriorityQueue<>(
          Comparator.comparingLong(Ticket::rank).thenComparing(Ticket::key).reversed());
  private final Set<String> winners = new HashSet<>();

  public HashSample(SeededChance draws, int most) {
    this.draws = draws;
    this.most = most;
  }

  public void enter(String key) {
    if (winners.add(key)) {
      worstFirst.add(new Ticket(draws.rank(key), key));
      if (worstFirst.size() > most) {
        winners.remove(worstFirst.remove().key());
      }
    }
  }

  /// Whether the key is among the chosen, once all have entered.
  public boolean won(String key) {
    return winners.contains(key);
  }
}
