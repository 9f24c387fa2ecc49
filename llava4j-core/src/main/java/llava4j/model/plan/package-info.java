/// Machines that are not at hand: figures of accelerators and clusters, and what a server on them
/// could do.
package llava4j.model.plan;
