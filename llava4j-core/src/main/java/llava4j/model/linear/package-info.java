/// Matrix products and norms, by the type in which weights are kept.
package llava4j.model.linear;
