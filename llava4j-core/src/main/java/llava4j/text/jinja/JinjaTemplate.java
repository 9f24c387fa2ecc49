package llava4j.text.jinja;

import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import llava4j.text.jinja.Node.Stmt;

/// A Jinja template, rendered as in transformers: trimmed blocks, loop controls, the `generation`
/// tag, `raise_exception`, `strftime_now`, JSON without HTML escapes, immutable values. It cannot
/// read files or call Java code.
///
/// Immutable and thread-safe.
public final class JinjaTemplate {
  private static final int MAX_SOURCE = 1 << 20;

  private final List<Stmt> body;
  private final RenderLimits limits;
  private final Supplier<LocalDateTime> now;

  private JinjaTemplate(List<Stmt> body, RenderLimits limits, Supplier<LocalDateTime> now) {
    this.body = body;
    this.limits = limits;
    this.now = now;
  }

  /// Reads a template.
  ///
  /// @throws JinjaException if it is broken
  public static JinjaTemplate parse(String source) {
    return parse(source, RenderLimits.defaults(), LocalDateTime::now);
  }

  /// Reads a template.
  ///
  /// @param now the local time, for `strftime_now`
  /// @throws JinjaException if it is broken
  public static JinjaTemplate parse(
      String source, RenderLimits limits, Supplier<LocalDateTime> now) {
    if (source.length() > MAX_SOURCE) {
      throw new JinjaException("it has more than " + MAX_SOURCE + " characters");
    }
    try {
      return new JinjaTemplate(new Parser(source).template(), limits, now);
    } catch (StackOverflowError _) {
      throw new JinjaException("it is nested too deeply");
    }
  }

  /// Renders the template.
  ///
  /// @param variables names and values: null, texts, `Boolean`, `Long`, `Double`, and lists and
  ///   maps of them
  /// @throws JinjaException if the template has an error, raises an error itself, or exceeds its
  ///   limits
  public String render(Map<String, Object> variables) {
    Budget budget = new Budget(limits);
    Scope global = new Scope(null);
    Functions.all(budget, now).forEach(global::set);
    Scope given = new Scope(global);
    variables.forEach(given::set);
    try {
      return new Renderer(budget).text(body, given);
    } catch (StackOverflowError _) {
      throw new JinjaException("it is nested too deeply");
    }
  }
}
