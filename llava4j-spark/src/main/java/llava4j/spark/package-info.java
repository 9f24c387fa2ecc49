/// LLaVA on Apache Spark: a transformer that answers for each row.
package llava4j.spark;
