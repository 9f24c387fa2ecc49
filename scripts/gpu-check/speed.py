"""The same speeds of transformers: speed.py MODEL DEVICE. Prints one JSON object."""

import json
import sys
import time

import torch
from transformers import LlavaForConditionalGeneration

model, device = sys.argv[1:]
network = LlavaForConditionalGeneration.from_pretrained(model, dtype=torch.bfloat16).to(device).eval()
wait = torch.cuda.synchronize if device.startswith("cuda") else (lambda: None)
figures = {"transformers": __import__("transformers").__version__, "torch": torch.__version__}


def seconds(sequences, rows, tokens):
    ids = torch.randint(10, 1000, (sequences, rows), device=device)
    best = float("inf")
    for _ in range(2):
        wait()
        start = time.perf_counter()
        network.generate(
            input_ids=ids,
            attention_mask=torch.ones_like(ids),
            min_new_tokens=tokens,
            max_new_tokens=tokens,
            do_sample=False,
        )
        wait()
        best = min(best, time.perf_counter() - start)
    return best


with torch.inference_mode():
    figures["prefill 640 rows: tokens/s"] = 640 / seconds(1, 640, 1)
    for sequences in 1, 8, 64:
        first = seconds(sequences, 64, 1)
        figures[f"decode bf16, {sequences}: tokens/s"] = 32 * sequences / (seconds(sequences, 64, 33) - first)
print(json.dumps(figures))
