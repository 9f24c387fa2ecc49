/// Settings of the whole process.
package llava4j.platform;
