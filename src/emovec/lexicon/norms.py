"""Human norms: what people said of the same words, each number with its source.

``data/human_norms.csv`` holds

* ``rm77``: pleasure, arousal and dominance, -1 to 1, of the 45 words of the 171 that Russell & Mehrabian
  rated (1977, J. Research in Personality 11:273-294, Table 4; transcribed and cross-checked). The paper's
  figures 7, 8, 57 and 58 use the first two.
* ``act2015``, ``act_mean``: evaluation, potency and activity, about -4.3 to 4.3, of 122 words (affect control
  theory dictionaries through actdata, Combs, doi 10.5281/zenodo.14652399, CC0: the 2015 US survey, and the mean over up
  to seven North American dictionaries). Activity is only a rough proxy of arousal.

Independent human norms agree with each other at .94-.97 on valence and .65-.86 on arousal: those are the ceilings.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from emovec.errors import BadInput
from emovec.lexicon.emotions import emotions, words

__all__ = ["NORMS", "Norm", "agreement", "norm"]


@dataclass(frozen=True)
class Norm:
    """One scale of one survey: ``values[word]`` for the words that it covers."""

    name: str
    scale: str
    source: str
    human: bool
    values: dict[str, float]

    def aligned(self, names: tuple[str, ...] | list[str]) -> tuple[np.ndarray, np.ndarray]:
        """Positions in ``names`` that the survey covers, and its values there (both of shape (covered,))."""
        at = [i for i, name in enumerate(names) if name in self.values]
        return np.array(at, dtype=int), np.array([self.values[names[i]] for i in at])


_RM77 = "Russell & Mehrabian 1977, J. Research in Personality 11:273-294, Table 4"
_ACT15 = "Affect control theory, US survey of 2015, via actdata (Combs, doi 10.5281/zenodo.14652399), CC0"
_ACT = "Affect control theory, mean over up to 7 North American dictionaries, via actdata, CC0"
_OWN = "a language model's judgement (emovec's own ratings; not human)"

#: name -> (scale, source)
NORMS: dict[str, tuple[str, str]] = {
    "rm77_pleasure": ("-1..1", _RM77),
    "rm77_arousal": ("-1..1", _RM77),
    "rm77_dominance": ("-1..1", _RM77),
    "act2015_evaluation": ("-4.3..4.3", _ACT15),
    "act2015_potency": ("-4.3..4.3", _ACT15),
    "act2015_activity": ("-4.3..4.3", _ACT15),
    "act_mean_evaluation": ("-4.3..4.3", _ACT),
    "act_mean_potency": ("-4.3..4.3", _ACT),
    "act_mean_activity": ("-4.3..4.3", _ACT),
    "own_valence": ("1..7", _OWN),
    "own_arousal": ("1..7", _OWN),
}


@cache
def _table() -> dict[str, dict[str, float]]:
    text = (resources.files("emovec.lexicon") / "data" / "human_norms.csv").read_text(encoding="utf-8")
    table: dict[str, dict[str, float]] = {name: {} for name in NORMS}
    with io.StringIO(text) as file:
        for row in csv.DictReader(file):
            for name in NORMS:
                if row.get(name):
                    table[name][row["emotion"]] = float(row[name])
    for entry in emotions():
        table["own_valence"][entry.word] = entry.valence
        table["own_arousal"][entry.word] = entry.arousal
    return table


def norm(name: str) -> Norm:
    """One scale by name, e.g. ``norm("rm77_pleasure")``.

    Raises:
        BadInput: if there is no such scale.
    """
    if name not in NORMS:
        raise BadInput(f"unknown norm {name!r}; known: {', '.join(NORMS)}")
    scale, source = NORMS[name]
    return Norm(name, scale, source, human=not name.startswith("own_"), values=_table()[name])


def agreement(first: str, second: str) -> tuple[float, int]:
    """Pearson correlation of two scales over the words that both cover, and how many those are."""
    a, b = norm(first).values, norm(second).values
    shared = [word for word in words() if word in a and word in b]
    r = np.corrcoef([a[w] for w in shared], [b[w] for w in shared])[0, 1]
    return float(r), len(shared)
