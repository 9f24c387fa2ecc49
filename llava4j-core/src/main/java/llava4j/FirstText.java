package llava4j;

import llava4j.generate.TextListener;

/// Records the time of the first text.
final class FirstText implements TextListener {
  private final TextListener next;
  private long at;

  FirstText(TextListener next) {
    this.next = next;
  }

  /// By [System#nanoTime]; 0 if there was none.
  long at() {
    return at;
  }

  @Override
  public void onText(int answer, String text) {
    if (at == 0) {
      at = System.nanoTime();
    }
    next.onText(answer, text);
  }
}
