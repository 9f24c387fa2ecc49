/// LoRA adapters in PEFT's format: settings, matrices, and how they change a base.
package llava4j.checkpoint.adapter;
