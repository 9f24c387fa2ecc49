/// Language models that judge open answers.
package llava4j.eval.judge;
