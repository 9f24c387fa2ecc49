/// Vision tower, projector, language model, and the splice that joins them. Every tensor line says
/// its shape.
package llava4j.model;
