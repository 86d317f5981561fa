"""The subject as an Inspect model: `--model emovec/MODEL`, steered, read, batched."""
