"""The dose grid of `emovec dose`: evaluations under every direction and strength, and what they come to."""
