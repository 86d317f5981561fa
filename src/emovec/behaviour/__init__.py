"""Behaviour under steering, on Inspect AI: the model provider ``emovec/MODEL`` and the tasks that the paper needs."""
