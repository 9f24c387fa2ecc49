/// Statistics of a file of samples, by source, as an HTML page.
package llava4j.data.stats;
