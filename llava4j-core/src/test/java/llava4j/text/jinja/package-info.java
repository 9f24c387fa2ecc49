/// Tests of the renderer of chat templates.
package llava4j.text.jinja;
