package llava4j.cli.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import llava4j.cli.option.ThreadOption;
import llava4j.data.Sample;
import llava4j.data.SampleFile;
import llava4j.data.mixture.rule.FormatPrompt;
import llava4j.text.ResponseFormat;
import llava4j.text.template.ConversationTemplate;
import llava4j.tiny.model.BpeTrainer;
import llava4j.tiny.model.FreshModel;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// `llava init --text FILE... --out DIR`
@Command(
    name = "init",
    description = "Make a small untrained LLaVA with its own vocabulary.",
    mixinStandardHelpOptions = true,
    footerHeading = "%nExample:%n",
    footer = {"  llava init --text tiny-data/texts.json tiny-data/captions.json --out tiny-0"})
public final class InitCommand implements Callable<Integer> {
  private static final int AS_OFTEN_AS_WORDS = 1000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--text",
      required = true,
      arity = "1..*",
      paramLabel = "FILE",
      description = "Sample files; the vocabulary is made from their texts.")
  private List<Path> files = new ArrayList<>();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The output folder of the model, new or empty.")
  private Path out;

  @Option(
      names = "--vocab",
      paramLabel = "N",
      defaultValue = "4096",
      description =
          "Size of the vocabulary, not counting the pieces for recurring phrases. Default: ${DEFAULT-VALUE}.")
  private int vocab;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "42",
      description = "Random seed of the weights. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Mixin private ThreadOption threads;

  @Override
  public Integer call() {
    threads.apply();
    BpeTrainer trainer = new BpeTrainer();
    recurring().forEach(phrase -> trainer.addPhrase(phrase, AS_OFTEN_AS_WORDS));
    for (Path file : files) {
      try (SampleFile samples = SampleFile.open(file)) {
        for (int i = 0; i < samples.size(); i++) {
          Sample sample = samples.get(i);
          sample.turns().forEach(turn -> trainer.add(turn.text(), 1));
        }
      }
    }
    FreshModel.tiny(trainer.train(vocab), seed).write(out);
    spec.commandLine().getOut().println(out);
    return 0;
  }

  /// Phrases that are the same in all conversations of the mixture.
  private static List<String> recurring() {
    ConversationTemplate template = ConversationTemplate.VICUNA_V1;
    String user = " " + template.userRole() + ":";
    List<String> phrases = new ArrayList<>();
    phrases.add(user);
    phrases.add(" " + template.assistantRole() + ":");
    phrases.add(" " + template.system() + user);
    for (ResponseFormat format : List.of(ResponseFormat.SHORT, ResponseFormat.LETTER)) {
      phrases.add(format.instruction());
    }
    phrases.addAll(List.of(" [0.", ", 0.")); // boxes
    for (String request : List.of(FormatPrompt.REGION.strip(), FormatPrompt.BOX.strip())) {
      phrases.add(request); // after an image, on a line of its own
      phrases.add(" " + request);
    }
    return phrases;
  }
}
