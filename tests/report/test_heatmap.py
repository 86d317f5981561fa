"""The heatmap: nothing lost, nothing run, nothing loaded, small, and bounded in the browser."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from emovec.errors import BadInput, UnknownEmotion
from emovec.lexicon import words
from emovec.planted import Planted
from emovec.reading import Reading, read_blocks
from emovec.report import heatmap_data as data
from emovec.report.heatmap import blocks_for, render_heatmap, write_heatmap
from emovec.subject import Encoded, Turn
from emovec.vectors import EmotionVectors

from .made import EVIL

HOSTILE = (
    "filleraa hintsadaa </script><script>document.title='owned';alert(1)</script> <img src=x onerror=\"document.title='owned'\"> "
    "<!--<script> \u2028 \u202e \x1b[31m 🧭 fillerab hintsadab"
)


def made(tokens: int, emotions: int = 24, block: int = 3, seed: int = 0) -> Reading:
    """A reading of made-up words and numbers: turns of 40 tokens."""
    rng = np.random.default_rng([seed, block])
    text = " ".join(f"word{i % 997}" for i in range(tokens))
    ends = np.cumsum([len(f"word{i % 997}") + (i > 0) for i in range(tokens)])
    offsets = tuple(zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True))
    turns = []
    for i, start in enumerate(range(0, tokens, 40)):
        stop = min(start + 38, tokens)
        turns.append(Turn(("user", "assistant")[i % 2], (offsets[start][0], offsets[stop - 1][1]), (start, stop)))
    values = rng.standard_normal((tokens, emotions)) * np.linspace(0.02, 0.2, emotions)
    values[0] = np.nan
    return Reading(
        Encoded(tuple(range(tokens)), text, offsets, tuple(turns)), words()[:emotions], values, block, "cosine"
    )


class Page(HTMLParser):
    """Tags, and what stands in each script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script" and data.strip():
            self.scripts[self.tags[-1][1].get("id") or ""] = data

    def json(self, name: str) -> Any:
        return json.loads(self.scripts[name])


@pytest.fixture(scope="module")
def hostile(planted: Planted, planted_vectors: EmotionVectors) -> dict[int, Reading]:
    chat = [
        {"role": "system", "content": EVIL},
        {"role": "user", "content": HOSTILE},
        {"role": "assistant", "content": "<think> hintangryaa </think> hintcalmaa fillerac"},
        {"role": "tool", "content": "</script> fillerad"},
    ]
    return read_blocks(planted.subject, planted_vectors, chat, [1, 3])


def test_pieces_are_the_whole_text(hostile: dict[int, Reading]) -> None:
    encoded = hostile[1].encoded
    pieces = data.pieces_of(encoded)
    assert len(pieces) == len(encoded)
    assert "".join(pieces) == encoded.text
    # Three byte tokens of one character: the first shows it. A gap goes with what follows it, the tail with the last.
    odd = Encoded((0, 1, 2, 3, 4), "🧭 ab ", ((0, 1), (0, 1), (0, 1), (2, 3), (3, 4)), ())
    assert data.pieces_of(odd) == ["🧭", "", "", " a", "b "]
    assert [data.utf16(p) for p in data.pieces_of(odd)] == [2, 0, 0, 2, 2]


def test_parts_cover_every_token_once(hostile: dict[int, Reading]) -> None:
    parts = data.parts_of(hostile[1])
    assert [i for p in parts for i in range(p["start"], p["stop"])] == list(range(len(hostile[1].encoded)))
    assert [p["role"] for p in parts if p["role"]] == ["system", "user", "thinking", "assistant", "tool"]
    own = data.spoken(hostile[1])
    assert own.sum() == sum(p["stop"] - p["start"] for p in parts if p["role"])
    assert not own[0]


@pytest.mark.parametrize("bits", [8, 16])
def test_packed_readings_are_off_by_half_a_step_at_most(bits: int) -> None:
    values = made(500).values
    values[:, 3] = 0.25  # one that never varies
    values[7, 5] = np.nan
    packed = data.pack(values, bits)
    codes = np.frombuffer(base64.b64decode(packed.text), dtype=f"<u{bits // 8}").reshape(values.T.shape).T
    low = np.array([c.low for c in packed.columns])
    step = np.array([c.step for c in packed.columns])
    back = np.where(codes == 0, np.nan, low + (codes - 1.0) * step)
    np.testing.assert_array_equal(np.isnan(back), np.isnan(values))
    assert (np.nan_to_num(np.abs(back - values)) <= step / 2 + 1e-9).all()
    assert packed.resolution == pytest.approx(step.max() / 2)
    widest = np.nanmax(values, axis=0) - np.nanmin(values, axis=0)
    assert (step <= np.maximum(widest, 1e-8) / (2**bits - 2) * 1.01).all()


def test_valence_and_arousal_are_slopes_over_the_ratings() -> None:
    from emovec.lexicon import emotion

    names = words()[:30]
    rated = np.array([[emotion(e).valence, emotion(e).arousal] for e in names])
    z = (rated - rated.mean(0)) / rated.std(0)
    values = 0.1 + np.array([[0.03, -0.01], [0.0, 0.02]]) @ z.T
    plane = data.plane_of(values, names)
    assert plane is not None
    np.testing.assert_allclose(plane, [[0.03, -0.01], [0.0, 0.02]], atol=1e-12)
    assert data.plane_of(values[:, :3], names[:3]) is None


def test_scales_are_over_all_emotions_and_the_turns_alone() -> None:
    reading = made(400)
    template = ~data.spoken(reading)
    reading.values[template] = 50.0
    reading.values[0] = np.nan
    facts = data.block_facts(reading, data.pack(reading.values, 8), [3, 4])
    rows = reading.values[~template]
    assert facts["scale"] == pytest.approx(np.percentile(np.abs(rows), 99), rel=1e-5)
    assert facts["scale_from_mean"] == pytest.approx(np.percentile(np.abs(rows - rows.mean(0)), 99), rel=1e-5)
    assert facts["mean"] == pytest.approx(rows.mean(0)[[3, 4]], rel=1e-3)


def test_a_size_limit_keeps_what_was_asked_for_and_what_moves_most() -> None:
    reading = made(3000)
    full = render_heatmap(reading, limit=10**9)
    small = render_heatmap(reading, emotions=[reading.emotions[0]], limit=50_000)
    about = Page(small).json("about")
    assert about["emotions"] == [reading.emotions[0], *reading.emotions[-9:]]
    assert about["all"] == 24
    assert len(small) < len(full) - 3000 * 14 * 4 / 3
    assert "holds 10 of 24 emotions" in small
    assert Page(full).json("about")["emotions"] == list(reading.emotions)
    # Scales do not depend on what is kept.
    assert about["blocks"][0]["scale"] == Page(full).json("about")["blocks"][0]["scale"]
    with pytest.raises(BadInput, match="do not fit in the heatmap's size limit"):
        render_heatmap(reading, emotions=list(reading.emotions[:12]), limit=50_000)


def test_blocks_without_being_asked() -> None:
    every = range(10, 27, 2)
    assert blocks_for(every, 20, 1_000, 171) == list(every)
    assert blocks_for(every, 20, 100_000, 171) == [20]
    assert blocks_for(every, 20, 35_000, 171) == [10, 20]
    assert blocks_for([20], 20, 1_000, 171) == [20]


def test_readings_must_belong_together() -> None:
    one = made(50)
    with pytest.raises(BadInput, match="of one text"):
        render_heatmap({3: one, 5: made(50, block=5)})
    with pytest.raises(BadInput, match="no reading at block 4"):
        render_heatmap(one, first=4)
    with pytest.raises(BadInput, match="no reading given"):
        render_heatmap({})
    with pytest.raises(UnknownEmotion, match="afriad"):
        render_heatmap(one, emotions=["afriad"])


def test_same_readings_same_bytes_and_nothing_loaded(hostile: dict[int, Reading], tmp_path: Path) -> None:
    first = write_heatmap(tmp_path / "a.html", hostile, title=EVIL, facts=[EVIL], first=3).read_bytes()
    assert write_heatmap(tmp_path / "b.html", hostile, title=EVIL, facts=[EVIL], first=3).read_bytes() == first
    page = Page(first.decode())
    for tag, attributes in page.tags:
        assert tag not in {"link", "iframe", "img", "object", "embed", "base"}
        assert "src" not in attributes
        assert not any(name.startswith("on") for name in attributes)
        assert not (attributes.get("href") or "#").startswith(("http", "//", "javascript"))
    policy = next(a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv"))
    assert "default-src 'none'" in str(policy)
    style = re.search(r"<style>(.*?)</style>", first.decode(), re.DOTALL)
    assert style is not None
    assert "url(" not in style[1]


def test_a_transcript_cannot_break_out(hostile: dict[int, Reading]) -> None:
    text = render_heatmap(hostile, title=EVIL, facts=[EVIL])
    page = Page(text)
    assert EVIL not in text
    assert 'onerror="document' not in text
    assert [t for t, _ in page.tags].count("script") == 5  # about, text, two blocks, the page's own
    assert page.json("text") == hostile[1].encoded.text
    assert page.json("about")["bits"] == 16
    assert "makes no claim that a model feels" in text


# ---- in a browser ----


@pytest.fixture(scope="module")
def dom(tmp_path_factory: pytest.TempPathFactory) -> Any:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if browser is None:
        pytest.skip("no Chromium on this machine")

    def load(path: Path, hash_: str = "") -> str:
        profile = tmp_path_factory.mktemp("profile")
        flags = (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            f"--user-data-dir={profile}",
            "--virtual-time-budget=20000",
        )
        done = subprocess.run(
            [browser, *flags, "--window-size=1200,900", "--dump-dom", f"{path.resolve().as_uri()}#{hash_}"],
            capture_output=True, text=True, timeout=120, check=True,
        )  # fmt: skip
        assert 'data-ready="yes"' in done.stdout, done.stderr[-2000:]
        return done.stdout

    return load


def shown(dom: str) -> str:
    """What stands on the sheet, as text."""
    import html

    sheet = dom[dom.index('id="sheet"') : dom.index('id="strip"')]
    return html.unescape("".join(re.findall(r'class="t[^>]*>([^<]*)</span>', sheet)))


def test_scripts_of_a_transcript_show_as_text(hostile: dict[int, Reading], tmp_path: Path, dom: Any) -> None:
    page = dom(write_heatmap(tmp_path / "hostile.html", hostile, title="quiet"), "emotion=sad&block=3")
    assert "<title>quiet: emotion readings" in page
    text = shown(page)
    assert "</script><script>document.title='owned';alert(1)</script>" in text
    assert "onerror=\"document.title='owned'\"" in text
    assert "␛[31m" in text
    assert "\u202e" not in text  # would turn what follows around
    for role in ("system", "user", "thinking", "assistant", "tool"):
        assert re.search(rf'class="row head role-{role}"', page)
    sad = re.search(r'style="background-color: rgb\((\d+), (\d+), (\d+)\);?">\s?hintsadaa</span>', page)
    assert sad is not None
    assert int(sad[1]) > int(sad[2]) + 60  # red is up


def test_a_hundred_thousand_tokens_in_a_bounded_page(tmp_path: Path, dom: Any) -> None:
    reading = made(100_000)
    path = write_heatmap(tmp_path / "long.html", reading)
    assert path.stat().st_size < 100_000 * 26 * 4 / 3 + 2_500_000
    for hash_ in ("", "mode=plane&at=90000"):
        page = dom(path, hash_)
        assert 100 < len(re.findall(r'class="t[" ]', page)) < 4000
        assert page.count("<button") < 100  # turns are drawn as they come into sight too
    assert 'data-t="90000"' in page
    assert 'data-t="100"' not in page
