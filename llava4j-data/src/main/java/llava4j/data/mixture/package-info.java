/// The paper's training mixtures, built from the files that each source publishes: what is needed,
/// who reads it, and the one file that comes out.
package llava4j.data.mixture;
