/// LLaVA's training samples: the JSON that the original code reads, as records.
package llava4j.data;
