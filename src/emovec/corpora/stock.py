"""Stock gestures and openings: the phrases by which model-written fiction gives itself away.

A corpus in which every frightened heart hammers teaches the vectors about hearts that hammer. Each pattern
below is counted over the texts of a corpus; ``emovec corpus check`` asks that none occur in more than 0.5 % of them.
"""

from __future__ import annotations

import re

__all__ = ["STOCK_PHRASES", "stock_phrases"]

_PART = r"(?:my|his|her|their|your|the)"

#: name -> what counts as it
STOCK_PHRASES: dict[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "heart hammered": rf"{_PART} (?:heart|pulse)(?:beat)? (?:was |is )?"
        r"(?:hammer|pound|race|racing|thud|thump|thunder|leap|leapt|sank|sink|skipp|flutter|swell|swelled|clench|drum)\w*",
        "breath caught": rf"(?:{_PART} )?breath (?:was |had |is )?(?:caught|catch|hitch|quicken|came in|shallow)\w*",
        "breath let out": r"(?:let|letting|lets|blew|released|releasing|exhaled?) (?:out )?(?:a|the|his|her|my) "
        r"(?:long |slow |shaky |deep )*(?:breath|sigh)",
        "breath held unknowingly": r"breath (?:I|he|she|they) (?:hadn't|had not|didn't|did not) (?:know|known|realize|realise)",
        "jaw clenched": rf"(?:{_PART} )?(?:jaw|teeth)\w* (?:was |were )?(?:clench|tighten|set|grit|ground|grind)\w*"
        r"|clench\w* (?:my|his|her|their) (?:jaw|teeth)|(?:gritt?\w*|grinding) (?:my|his|her|their) teeth",
        "fists clenched": rf"clench\w* {_PART} fists?|fists? (?:clench|ball|curl)\w*|ball\w* {_PART} fists",
        "knuckles white": r"knuckles? (?:went|turned|were|was|had gone|whiten\w*|white)|white[- ]knuckled",
        "hands trembled": rf"{_PART} (?:hands?|fingers?|voice|lips?|knees) (?:were |was |are |is |began to |started to |would not stop )?"
        r"(?:trembl|shak|shook|quiver|quaver)\w*|with (?:trembling|shaking) (?:hands|fingers)",
        "stomach dropped": rf"{_PART} (?:stomach|gut|belly) (?:was |is )?(?:drop|churn|knot|twist|turn|lurch|sank|clench|tighten|flip)\w*"
        r"|knot in (?:my|his|her|their) stomach|pit of (?:my|his|her|their) stomach",
        "throat tightened": rf"{_PART} throat (?:was |is |felt |went )?(?:tight|clos|constrict|thick|dry)\w*|lump in (?:my|his|her|their) throat",
        "chest tightened": rf"{_PART} chest (?:was |is |felt |went )?(?:tight|swell|swelled|constrict|ach|hollow|heav)\w*",
        "tears": r"tears? (?:stream|roll|slid|well|prick|stung|sting|spill|ran|fill)\w*|eyes (?:well|brim|prick|stung|burn)\w*",
        "eyes widened": r"eyes (?:widen|went wide|narrow|grew wide)\w*",
        "shoulders": rf"{_PART} shoulders (?:drop|sag|slump|relax|loosen|fell|sank|square)\w*",
        "smile spread": r"(?:smile|grin) (?:spread|tugg|crept|broke|bloom|split)\w*|couldn't help but (?:smile|grin|laugh)",
        "shiver down spine": r"(?:shiver|chill|cold)\w* (?:ran|went|crept|down|up)(?: \w+)* spine",
        "blood": r"blood (?:ran cold|boil\w*|drain\w*|roar\w*|rush\w*|pound\w*)|colou?r drain\w*",
        "cheeks burned": rf"{_PART} (?:cheeks|face|ears|neck) (?:was |were |went |is |are )?(?:burn|flush|flam|grew hot|hot|redden|heat)\w*",
        "weight": r"weight (?:lift|settl|press|had lifted|fell)\w*|weight of (?:it|the world|everything)",
        "silence stretched": r"silence (?:stretch|hung|fell|settl|press)\w*|air (?:was|felt|grew|hung) (?:thick|heavy|charged)",
        "the clock ticked": r"clock (?:on the wall )?(?:tick|was ticking)\w*",
        "world narrowed": r"(?:the )?(?:world|room|time) (?:seemed to |had )?(?:narrow|blur|tilt|spun|spin|stood still|slow|stopped)\w*",
        "something shifted": r"something (?:inside|in|deep)(?: \w+){0,3} (?:shift|broke|loosen|snapp|unfurl|settl|give way|gave way)\w*",
        "for the first time in": r"for the first time in (?:years|months|weeks|days|a long|as long|what felt)",
        "not X but Y": r"\b(?:it was|this was|it is|that was) ?n[o']t (?:the|a|an|just|about) [^.;]{3,40}[.;,] (?:it was|it's|it is|but)",
    }.items()
}


def stock_phrases(text: str) -> list[str]:
    """Names of the stock phrases that ``text`` contains."""
    return [name for name, pattern in STOCK_PHRASES.items() if pattern.search(text)]
