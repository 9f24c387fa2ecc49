/// What is set for the whole process.
package llava4j.platform;
