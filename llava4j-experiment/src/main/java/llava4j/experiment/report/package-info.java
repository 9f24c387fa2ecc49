/// The report of an experiment: Markdown, HTML and a plot.
package llava4j.experiment.report;
