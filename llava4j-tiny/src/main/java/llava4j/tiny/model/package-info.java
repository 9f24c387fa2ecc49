/// A model that begins from nothing: its vocabulary and its first weights. The paper has none of
/// this. Start reading at `FreshModel`.
package llava4j.tiny.model;
