/// Matrix products and norms, for each type of weights in memory.
package llava4j.model.linear;
