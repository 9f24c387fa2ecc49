package llava4j.text.jinja;

/// Something that can be called: a macro, a function, a method of a value.
interface Callee {
  Object call(Arguments arguments);
}
