/// What a conversation looks like to a model: built-in templates and the model's own Jinja
/// template.
package llava4j.text.template;
