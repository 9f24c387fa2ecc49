/// LLaVA's training samples: records, and the reader of the JSON format of the original code.
package llava4j.data;
