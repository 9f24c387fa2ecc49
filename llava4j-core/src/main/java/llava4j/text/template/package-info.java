/// Templates that convert a conversation to a prompt: built-in ones and the model's own Jinja
/// template.
package llava4j.text.template;
