/// One reader for each source of the mixture, for the files that its authors publish.
package llava4j.data.mixture.source;
