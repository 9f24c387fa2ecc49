package llava4j.constraint.automaton;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import llava4j.constraint.limit.ConstraintException;
import llava4j.constraint.limit.Deadline;
import llava4j.constraint.limit.Limits;
import llava4j.constraint.token.TokenTrie;

/// The automaton of one grammar over one vocabulary, built while it is used. Not thread-safe: its
/// users hold one lock.
final class Machine {
  private static final int MOST_STACKS = 20_000;

  private final Grammar grammar;
  private final TokenTrie trie;
  private final Leaves leaves;
  private final Limits limits;
  private final Symbol start;
  private final State dead = new State(List.of(), false);
  private final Map<Long, Stack> stacks = new HashMap<>();
  private final Map<List<Object>, State> states = new HashMap<>();
  private int stackSerials;
  private int made;
  private Deadline deadline;

  Machine(Grammar grammar, TokenTrie trie) {
    this.grammar = grammar;
    this.trie = trie;
    this.leaves = grammar.leaves();
    this.limits = grammar.limits();
    this.start = grammar.start();
  }

  TokenTrie trie() {
    return trie;
  }

  int nextSerial() {
    return grammar.nextSerial();
  }

  Deadline deadline() {
    return deadline;
  }

  /// Begins a piece of work that must not take longer than the limit, and makes room.
  void begin(String what) {
    deadline = new Deadline(what, limits.maskTime());
    leaves.within(deadline);
    made = 0;
    if (states.size() + stacks.size() > limits.states()) {
      stacks.clear();
      states.clear();
    }
    if (leaves.size() > limits.states()) {
      leaves.clear();
    }
  }

  /// The state before the first byte.
  State start() {
    return push(start, null).state(this);
  }

  /// @throws ConstraintException if one piece of work has made too many states
  void checkSize() {
    deadline.check();
    if (made > limits.states() || leaves.size() > 4L * limits.states()) {
      throw new ConstraintException(
          "the constraint needs more than "
              + limits.states()
              + " states at one place of the text; simplify its patterns and alternatives");
    }
  }

  private Stack push(Symbol top, Stack below) {
    long key = (long) top.serial(this) << 32 | (below == null ? 0 : below.serial());
    Stack found = stacks.get(key);
    if (found == null) {
      found = new Stack(top, below, ++stackSerials);
      stacks.put(key, found);
    }
    return found;
  }

  State stateOf(Stack only) {
    Closure closure = new Closure();
    closure.addAll(only);
    return closure.state();
  }

  State step(State from, int value) {
    Closure closure = new Closure();
    for (Stack stack : from.stacks()) {
      Leaf next = ((Leaf) stack.top()).next(value);
      if (next != null) {
        closure.addLeaf(next, stack.below());
      }
    }
    return closure.state();
  }

  long[] maskOf(State state) {
    long[] mask = new long[trie.maskLength()];
    for (Stack stack : state.stacks()) {
      LeafMask leaf = ((Leaf) stack.top()).mask(this);
      leaf.addTo(mask);
      if (stack.below() != null && leaf.exits().length > 0) {
        State after = stack.below().state(this);
        for (int exit : leaf.exits()) {
          walk(after, exit, mask);
        }
      }
    }
    if (state.mayEnd()) {
      trie.addEnds(mask);
    }
    return mask;
  }

  private void walk(State from, int root, long[] mask) {
    State[] path = new State[trie.deepest() + 1];
    path[trie.depth(root)] = from;
    int node = root + 1;
    while (node < trie.end(root)) {
      int depth = trie.depth(node);
      State next = path[depth - 1].next(trie.label(node), this);
      if (next.isDead()) {
        node = trie.end(node);
      } else {
        trie.addTokens(node, mask);
        path[depth] = next;
        node++;
      }
    }
    checkSize();
  }

  /// Stacks with leaves on top, gathered.
  private final class Closure {
    private final Set<Stack> seen = new HashSet<>();
    private final Set<Stack> leaves = new HashSet<>();
    private final ArrayDeque<Stack> pending = new ArrayDeque<>();
    private boolean mayEnd;

    void addLeaf(Leaf leaf, Stack below) {
      take(leaf, below);
      run();
    }

    void addAll(Stack stack) {
      pending.push(stack);
      run();
    }

    private void run() {
      while (!pending.isEmpty()) {
        Stack stack = pending.pop();
        if (stack.top() instanceof Leaf top) {
          take(top, stack.below());
        } else {
          expand(stack);
        }
      }
    }

    private void take(Leaf leaf, Stack below) {
      if (leaf.isAccepting()) {
        if (below == null) {
          mayEnd = true;
        } else if (seen.add(below)) {
          pending.push(below);
        }
      }
      if (!leaf.isFinished()) {
        leaves.add(push(leaf, below));
      }
    }

    private void expand(Stack stack) {
      if (seen.size() > MOST_STACKS) {
        throw new ConstraintException(
            "the constraint can be read in more than "
                + MOST_STACKS
                + " ways at one place of the text; write it with fewer alternatives that begin alike");
      }
      for (List<Symbol> alternative : ((Rule) stack.top()).alternatives()) {
        Stack all = stack.below();
        for (int i = alternative.size() - 1; i >= 0; i--) {
          all = push(alternative.get(i), all);
        }
        if (all == null) {
          mayEnd = true;
        } else if (seen.add(all)) {
          pending.push(all);
        }
      }
    }

    State state() {
      if (leaves.isEmpty() && !mayEnd) {
        return dead;
      }
      List<Stack> tops = new ArrayList<>(leaves);
      tops.sort(Comparator.comparingInt(Stack::serial));
      List<Object> key = new ArrayList<>(tops);
      key.add(mayEnd);
      State found = states.get(key);
      if (found == null) {
        made++;
        found = new State(List.copyOf(tops), mayEnd);
        states.put(key, found);
      }
      return found;
    }
  }
}
