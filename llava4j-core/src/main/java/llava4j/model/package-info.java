/// Vision tower, projector, language model, and the splicing of image embeddings. Every line that
/// creates a tensor states its shape.
package llava4j.model;
