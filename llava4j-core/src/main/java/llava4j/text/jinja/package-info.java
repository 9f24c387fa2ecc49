/// Renders the Jinja templates that model folders carry, as Python's Jinja does in transformers'
/// sandbox, within limits of time, depth and size: they are foreign code. Why there is no library
/// under it: ADR 19.
package llava4j.text.jinja;
