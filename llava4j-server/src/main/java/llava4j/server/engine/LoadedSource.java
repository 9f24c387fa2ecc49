package llava4j.server.engine;

import llava4j.Llava;
import llava4j.config.LlavaConfig;
import llava4j.model.load.LoadProgress;
import llava4j.text.tokenizer.Tokenizer;

/// A model that the application has loaded, and closes.
public record LoadedSource(String name, Llava llava) implements ModelSource {

  @Override
  public Facts facts() {
    LlavaConfig config = llava.model().config();
    return new Facts(config.contextLength(), config.text().dim(), config.text().numLayers(), 0, 0);
  }

  @Override
  public Tokenizer tokenizer() {
    return llava.tokenizer();
  }

  @Override
  public Llava load(LoadProgress progress) {
    return llava;
  }

  @Override
  public boolean isOwned() {
    return false;
  }
}
