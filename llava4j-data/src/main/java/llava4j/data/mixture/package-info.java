/// Builds the paper's training mixtures from the files that each source publishes.
package llava4j.data.mixture;
