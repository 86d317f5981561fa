"""The page: one HTML file with its style, script and Plotly inside, and a policy that forbids it to load anything."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from emovec.errors import MissingExtra
from emovec.report import board
from emovec.report.figure import Choice, Figure, Listing
from emovec.report.figures import figures_of
from emovec.report.run import Run, tidy
from emovec.studies.base import Finding, StudyResult

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["render"]

#: rows of a table that the page itself shows; the CSV has them all
_PREVIEW = 60


@dataclass(frozen=True)
class Table:
    """The first rows of a table."""

    name: str
    path: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    total: int


@dataclass(frozen=True)
class Section:
    """One study on the page."""

    name: str
    title: str
    question: str
    paper_ref: str
    rule: str
    findings: tuple[Finding, ...]
    choices: tuple[Choice, ...]
    items: tuple[Figure | Listing, ...]
    tables: tuple[Table, ...]


def render(run: Run) -> str:
    """The whole page as text."""
    sections = [_section(run, name, result) for name, result in run.results.items()]
    figures = [item.to_json() for section in sections for item in section.items if isinstance(item, Figure)]
    style, script = _asset("style.css"), _asset("script.js")
    plotly = _plotly() if figures else ""
    page = _environment().get_template("page.html.j2")
    text: str = page.render(
        run=run,
        model=str(run.subject.get("name") or "unnamed model"),
        parts=board.parts(run.board),
        counts=board.counts(run.board),
        total=len(run.board),
        sections=sections,
        shown={section.name for section in sections},
        claims={row.claim.id for row in run.board},
        figures=figures,
        subject=_facts(run.subject),
        corpus=_facts(run.corpus),
        recipes={name: _facts(parameters) for name, parameters in run.recipes.items()},
        verdicts=board.VERDICTS,
        style=style,
        script=script,
        plotly=plotly,
        policy=_policy(plotly, script),
    )
    return text


def _section(run: Run, name: str, result: StudyResult) -> Section:
    about = run.studies.get(name, {})
    items = figures_of(name, result.tables, run.block)
    options: dict[str, dict[str, str]] = {}
    for item in items:
        for choice in item.choices:
            options.setdefault(choice.label, {}).update(choice.options)
    return Section(
        name=name,
        title=about.get("title", name),
        question=about.get("question", ""),
        paper_ref=about.get("paper_ref", ""),
        rule=about.get("rule", ""),
        findings=tuple(result.findings),
        choices=tuple(Choice(label, tuple(values.items())) for label, values in options.items()),
        items=tuple(items),
        tables=tuple(_table(name, title, table) for title, table in result.tables.items()),
    )


def _table(study: str, name: str, table: Any) -> Table:
    rows = tuple(
        tuple(_cell(value) for value in row) for row in table.head(_PREVIEW).itertuples(index=False, name=None)
    )
    return Table(name, f"tables/{study}-{name}.csv", tuple(map(str, table.columns)), rows, len(table))


def _cell(value: Any) -> str:
    value = tidy(value)
    if value is None:
        return ""
    return f"{value:.4g}".replace("-", "−") if isinstance(value, float) else str(value)


def _facts(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Names and values as text; what is empty is left out."""

    def says(value: Any) -> str:
        if isinstance(value, dict):
            return ", ".join(f"{key} {says(item)}" for key, item in value.items())
        if isinstance(value, list):
            return ", ".join(map(says, value))
        return f"{value:g}" if isinstance(value, float) else str(value)

    return [
        (name.replace("_", " "), says(value)) for name, value in tidy(values).items() if value not in (None, "", [], {})
    ]


def _json(value: object) -> str:
    """JSON that can stand inside a ``<script>`` element whatever the data says."""
    text = json.dumps(tidy(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text


def _policy(*scripts: str) -> str:
    """A content security policy: these scripts and no others, inline styles, images made on the page, no network."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts if script)
    allowed = " ".join(f"'sha256-{digest}'" for digest in digests)
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:; font-src data:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    environment = Environment(
        loader=PackageLoader("emovec.report", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = board.number
    environment.filters["spread"] = board.spread
    environment.filters["chance"] = board.chance
    environment.filters["typeset"] = board.typeset
    environment.filters["strip_of"] = board.strip
    environment.filters["as_json"] = lambda value: Markup(_json(value))
    environment.tests["figure"] = lambda item: isinstance(item, Figure)
    return environment


def _asset(name: str) -> str:
    return (resources.files("emovec.report") / "assets" / name).read_text(encoding="utf-8")


@cache
def _plotly() -> str:
    try:
        folder = resources.files("plotly")
    except ModuleNotFoundError:
        raise MissingExtra("the report's figures need plotly; install it with: pip install plotly") from None
    return (folder / "package_data" / "plotly.min.js").read_text(encoding="utf-8").replace("\r\n", "\n")
