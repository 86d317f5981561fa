"""The ``speakers`` study: dialogues into sets of vectors, how alike these are, what they read, and what they do when added."""

from emovec.studies.speakers.study import Speakers

__all__ = ["Speakers"]
