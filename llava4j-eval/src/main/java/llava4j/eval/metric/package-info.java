/// Official scores as functions of answers, without files and models.
package llava4j.eval.metric;
