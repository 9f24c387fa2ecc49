/// What a file of samples holds, by source, as a page to look at.
package llava4j.data.stats;
