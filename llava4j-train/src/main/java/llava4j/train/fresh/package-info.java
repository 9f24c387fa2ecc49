/// A model that begins from nothing: its first weights, and the objective that its vision tower
/// learns by. The paper has none of this. Start reading at `FreshModel`.
package llava4j.train.fresh;
