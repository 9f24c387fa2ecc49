package llava4j.constraint.grammar;

import llava4j.constraint.automaton.Grammar;
import llava4j.constraint.limit.Limits;

public final class GrammarCompiler {
  private GrammarCompiler() {}

  public static Grammar compile(String text, Limits limits) {
    throw new UnsupportedOperationException();
  }
}
