"""Directions added to the residual stream."""

from emovec.steering.steer import addition, steered

__all__ = ["addition", "steered"]
