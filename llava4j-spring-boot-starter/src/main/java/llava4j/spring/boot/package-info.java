/// LLaVA as the chat model of a Spring Boot application: properties, health, metrics.
package llava4j.spring.boot;
