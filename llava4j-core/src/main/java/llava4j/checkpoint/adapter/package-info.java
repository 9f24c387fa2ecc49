/// LoRA adapters as PEFT writes them: settings, matrices, what they add to a base.
package llava4j.checkpoint.adapter;
