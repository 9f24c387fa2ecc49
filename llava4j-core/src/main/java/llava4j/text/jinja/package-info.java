/// Renders the Jinja templates in model folders like Python's Jinja in transformers' sandbox. The
/// templates are foreign code, so time, depth and size are limited. ADR 19 explains why no library
/// is used.
package llava4j.text.jinja;
