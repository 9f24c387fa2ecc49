package llava4j.constraint.automaton;

import java.util.HashMap;
import java.util.Map;
import llava4j.constraint.limit.Limits;
import llava4j.constraint.token.TokenTrie;

/// A language of texts. Thread-safe, as long as all its symbols are its own.
public final class Grammar {
  private final Symbol start;
  private final Leaves leaves;
  private final Limits limits;
  private int serials;
  private final Map<TokenTrie, Machine> machines = new HashMap<>();

  public Grammar(Symbol start, Leaves leaves, Limits limits) {
    this.start = start;
    this.leaves = leaves;
    this.limits = limits;
  }

  int nextSerial() {
    return serials++;
  }

  Symbol start() {
    return start;
  }

  Leaves leaves() {
    return leaves;
  }

  Limits limits() {
    return limits;
  }

  /// Whether so much was worked out for earlier texts that a fresh grammar should read the next
  /// one.
  public boolean isWorn() {
    synchronized (this) {
      return leaves.made() > limits.states();
    }
  }

  /// Reads a text of the language, over a vocabulary.
  public Reader reader(TokenTrie trie) {
    synchronized (this) {
      Machine machine = machines.computeIfAbsent(trie, key -> new Machine(this, trie));
      machine.begin("the first state of the constraint");
      return new Reader(this, machine, machine.start());
    }
  }
}
