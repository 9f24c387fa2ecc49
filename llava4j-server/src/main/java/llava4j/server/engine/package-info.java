/// Questions on their way to the model: queue, deadline, cancellation, measurements.
package llava4j.server.engine;
