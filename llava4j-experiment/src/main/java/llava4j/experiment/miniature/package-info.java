/// Made-up data in the layout of the small mixture, for the scale that only tests the machinery.
package llava4j.experiment.miniature;
