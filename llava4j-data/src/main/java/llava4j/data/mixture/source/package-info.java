/// The sources of the mixture: a reader for each, of the files that its authors publish.
package llava4j.data.mixture.source;
