/// The stages before the paper's, for a model that begins from nothing: their presets, and the
/// objective that its vision tower learns by. Start reading at `EarlyStages`.
package llava4j.tiny.train;
