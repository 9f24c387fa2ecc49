package llava4j.cli.serve;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import llava4j.Llava;
import llava4j.checkpoint.Checkpoint;
import llava4j.cli.option.ModelOptions;
import llava4j.error.BadInputException;
import llava4j.server.engine.CheckpointSource;
import llava4j.server.engine.ModelSource;

/// Which models are served under which names: `MODEL` or `--model MODEL`, and any number of
/// `--model NAME=MODEL`.
///
/// @param name empty for that of the model's folder or file
/// @param place a folder, a file or a name of a hub; empty for the bundled model
record ModelArguments(Optional<String> name, Optional<String> place) {
  private static final Pattern NAMED = Pattern.compile("([^/\\\\=\\s]+)=(.+)");

  /// @param options the values of `--model`
  /// @param firstName the value of `--name`
  /// @return the first model, then the others
  /// @throws BadInputException if two models have no name
  static List<ModelArguments> parse(
      Optional<String> argument, List<String> options, Optional<String> firstName) {
    List<ModelArguments> named = new ArrayList<>();
    List<String> unnamed = new ArrayList<>();
    argument.ifPresent(unnamed::add);
    for (String option : options) {
      Matcher matcher = NAMED.matcher(option);
      if (matcher.matches()) {
        named.add(new ModelArguments(Optional.of(matcher.group(1)), Optional.of(matcher.group(2))));
      } else {
        unnamed.add(option);
      }
    }
    if (unnamed.size() > 1) {
      throw new BadInputException(
          "the models "
              + String.join(" and ", unnamed)
              + " have no names; write --model NAME=MODEL");
    }
    boolean firstIsNamed = unnamed.isEmpty() && !named.isEmpty();
    if (firstIsNamed && firstName.isPresent()) {
      throw new BadInputException(
          "--name would have no effect: every model is named by --model NAME=MODEL; leave it out");
    }
    if (!firstIsNamed) {
      named.addFirst(new ModelArguments(firstName, unnamed.stream().findFirst()));
    }
    return named;
  }

  /// Opens the files of all models, without loading any.
  ///
  /// @throws BadInputException if files cannot be used
  static List<ModelSource> open(
      List<ModelArguments> models, ModelOptions options, PrintWriter err) {
    List<ModelSource> sources = new ArrayList<>();
    for (ModelArguments model : models) {
      boolean first = sources.isEmpty();
      Consumer<Llava> loaded = llava -> options.tell(llava, err);
      sources.add(
          new CheckpointSource(
              model.name(),
              first ? model.files(options, err) : model.otherFiles(options, err),
              first ? options.loadOptions() : options.otherLoadOptions(),
              loaded));
    }
    return sources;
  }

  /// What opens the files of this model as the first.
  Supplier<Checkpoint> files(ModelOptions options, PrintWriter err) {
    if (place.isPresent()) {
      return () -> options.open(place.get(), err);
    }
    options.noteBundled(err);
    return () -> options.inspect(err);
  }

  private Supplier<Checkpoint> otherFiles(ModelOptions options, PrintWriter err) {
    return () -> options.openOther(place.orElseThrow(), err);
  }
}
