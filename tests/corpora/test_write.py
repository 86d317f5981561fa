"""The writer: resumes, rewrites leaks, drops and counts, and ends with a corpus that can be read."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from pathlib import Path

import pytest

from emovec.corpora import load_corpus
from emovec.corpora.judge import judge
from emovec.corpora.plan import FILES, load_topics, plan_tasks
from emovec.corpora.scenario_sets import load_scenarios
from emovec.corpora.sets import load_hidden, load_speakers
from emovec.corpora.write import write, write_corpus
from emovec.errors import BadCorpus, BadInput, EmovecError, UnknownEmotion
from emovec.lexicon import QUADRANTS, emotion, leaks
from tests.corpora.made import Writer, good_answer

AMOUNTS = {"stories": 3, "pieces": 4, "neutral": 11, "speakers": 6, "hidden": 1, "implicit": 1}
EMOTIONS = ["happy", "sad", "angry", "calm"]
TASKS = plan_tasks(AMOUNTS, emotions=EMOTIONS)
STORIES = [t for t in TASKS if t.set == "stories"]


def files(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*.jsonl") if p.name != "journal.jsonl"}


def test_every_set_is_written_and_can_be_read(tmp_path: Path) -> None:
    written = write(tmp_path, TASKS, Writer(), writer="mock")
    corpus = load_corpus(tmp_path)
    assert Counter(t.register for t in corpus.texts) == {
        "story": 12, "assistant_message": 4, "friend_message": 4, "diary": 4, "memory": 4,
    }  # fmt: skip
    assert len(corpus.neutral) == 11
    assert len(load_speakers(tmp_path)) == 6
    assert len(load_hidden(tmp_path)) == 20
    assert len(load_scenarios("implicit", tmp_path)) == 4
    assert load_topics(tmp_path) == load_topics()
    assert all(c["kept"] == c["asked"] for c in written.sets.values())
    assert json.loads((tmp_path / "written.json").read_text())["sets"]["stories"]["asked"] == 12


def test_every_line_says_who_wrote_it_from_what(tmp_path: Path) -> None:
    write(tmp_path, STORIES, Writer(), writer="mock/one", seed=5)
    rows = [json.loads(line) for line in (tmp_path / "stories.jsonl").read_text().splitlines()]
    assert [r["id"] for r in rows] == [t.id for t in STORIES]
    assert {r["writer"] for r in rows} == {"mock/one"}
    assert len({r["seed"] for r in rows}) == len({r["prompt"] for r in rows}) == len(rows)
    assert {r["attempt"] for r in rows} == {0}


@pytest.mark.parametrize("dies_at", [1, 7, 30])
def test_killed_and_started_again_it_ends_with_the_same_bytes(tmp_path: Path, dies_at: int) -> None:
    write(tmp_path / "whole", TASKS, Writer(), writer="mock", concurrency=3)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "killed", TASKS, Writer(dies_at=dies_at), writer="mock", concurrency=3)
    assert not (tmp_path / "killed" / "stories.jsonl").exists()
    finished = (tmp_path / "killed" / "journal.jsonl").read_bytes().count(b"\n") if dies_at > 1 else 0
    with (tmp_path / "killed" / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"task": "s-happy-01", "key": "12')  # the kill came in the middle of a line
    again = Writer()
    write(tmp_path / "killed", TASKS, again, writer="mock", concurrency=5)
    assert finished >= dies_at - 3
    assert len(again.prompts) == len(TASKS) - finished
    assert files(tmp_path / "killed") == files(tmp_path / "whole")


def test_a_finished_folder_costs_nothing_and_a_larger_plan_only_what_is_new(tmp_path: Path) -> None:
    write(tmp_path, STORIES, Writer(), writer="mock")
    more = [t for t in plan_tasks({"stories": 5}, emotions=EMOTIONS) if t.set == "stories"]
    idle, busy, other = Writer(), Writer(), Writer()
    write(tmp_path, STORIES, idle, writer="mock")
    assert idle.prompts == []
    write(tmp_path, more, busy, writer="mock")
    assert len(busy.prompts) == len(more) - len(STORIES) == 8
    write(tmp_path, STORIES, other, writer="another")  # another writer's texts are never passed off as this one's
    assert len(other.prompts) == len(STORIES)


def test_a_leak_is_sent_back_with_the_word_and_then_kept(tmp_path: Path) -> None:
    def answer(prompt: str, seed: int) -> str:
        text = good_answer(prompt, seed)
        return text if "earlier answer" in prompt else f"Happy and sad, angry and calm. {text}"

    writer = Writer(answer)
    written = write(tmp_path, STORIES, writer, writer="mock", concurrency=1)
    assert written.sets["stories"] == {
        "asked": 12, "kept": 12, "rewritten": 12, "dropped_leak": 0, "dropped_length": 0, "dropped_parse": 0,
    }  # fmt: skip
    word = STORIES[0].fields["emotion"]
    assert f'It cannot be used: it used "{word}"' in writer.prompts[1]
    assert "Happy and sad, angry and calm." in writer.prompts[1]
    assert not [t for t in load_texts(tmp_path) if leaks(t["text"], t["emotion"])]


def load_texts(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (folder / "stories.jsonl").read_text().splitlines()]


def test_what_cannot_be_mended_is_dropped_and_counted_by_its_fault(tmp_path: Path) -> None:
    def answer(prompt: str, seed: int) -> str:
        text = good_answer(prompt, seed)
        if '"happy"' in prompt:
            return f"I was so happy. {text}"
        if '"sad"' in prompt:
            return "Too short."
        return f"# A title\n\n{text}" if '"angry"' in prompt else text

    writer = Writer(answer)
    written = write(tmp_path, STORIES, writer, writer="mock", rewrites=2)
    assert written.sets["stories"] == {
        "asked": 12, "kept": 3, "rewritten": 0, "dropped_leak": 3, "dropped_length": 3, "dropped_parse": 3,
    }  # fmt: skip
    assert len(writer.prompts) == 9 * 3 + 3
    assert {t["emotion"] for t in load_texts(tmp_path)} == {"calm"}
    reasons = [json.loads(line)["why"] for line in (tmp_path / "journal.jsonl").read_text().splitlines()]
    assert "it had 2 words, not 110 to 170" in reasons


def test_feeling_in_a_neutral_dialogue_counts_as_a_leak() -> None:
    task = next(t for t in TASKS if t.set == "neutral" and t.count == 1)
    calm = good_answer(task.prompt, 0)
    assert judge(task, calm).fields is not None
    assert judge(task, calm + " Great question, thanks!").fault == "leak"


def test_a_named_emotion_in_turns_is_a_leak_but_not_in_the_preamble() -> None:
    task = next(t for t in TASKS if t.set == "hidden" and t.fields["condition"] == "hidden")
    raw = good_answer(task.prompt, 0)
    felt = task.fields["felt"]
    assert judge(task, raw.replace("P: ", f"P: A is {felt}. ", 1)).fields is not None
    assert judge(task, raw.replace("A: ", f"A: I am {felt}. ", 1)).fault == "leak"


def test_no_more_answers_are_waited_for_than_allowed(tmp_path: Path) -> None:
    running = most = 0

    async def slow(prompt: str, seed: int) -> str:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.002)
        running -= 1
        return good_answer(prompt, seed)

    asyncio.run(write_corpus(tmp_path, TASKS, slow, writer="mock", concurrency=4))
    assert most == 4


def test_a_failing_writer_is_named_and_its_work_kept(tmp_path: Path) -> None:
    calls = 0

    async def failing(prompt: str, seed: int) -> str:
        nonlocal calls
        calls += 1
        if calls > 5:
            raise ConnectionError("quota is spent")
        return good_answer(prompt, seed)

    with pytest.raises(EmovecError, match=r"'mock' failed at s-\w+-02 .*quota is spent.*5 of 12 texts are in"):
        write(tmp_path, STORIES, failing, writer="mock", concurrency=1)
    assert len((tmp_path / "journal.jsonl").read_text().splitlines()) == 5


def test_misuse_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to write"):
        write(tmp_path, [], Writer(), writer="mock")
    with pytest.raises(BadInput, match="two tasks have the id"):
        write(tmp_path, [*STORIES, STORIES[0]], Writer(), writer="mock")
    with pytest.raises(BadInput, match="concurrency"):
        write(tmp_path, STORIES, Writer(), writer="mock", concurrency=0)
    with pytest.raises(BadInput, match="unknown set 'poems'"):
        plan_tasks({"poems": 3})
    with pytest.raises(UnknownEmotion):
        plan_tasks({"stories": 1}, emotions=["blueish"])

    async def inside() -> None:
        write(tmp_path, STORIES, Writer(), writer="mock")

    with pytest.raises(BadInput, match="event loop"):
        asyncio.run(inside())
    (tmp_path / "journal.jsonl").write_text('{"task": 1}\n')
    with pytest.raises(BadCorpus, match=r"journal\.jsonl, line 1"):
        write(tmp_path, STORIES, Writer(), writer="mock")


def test_the_whole_plan_is_balanced() -> None:
    tasks = plan_tasks({"stories": 10, "speakers": 480, "hidden": 10, "implicit": 10})
    by_set = Counter(t.set for t in tasks)
    assert by_set == {"stories": 1710, "speakers": 480, "hidden": 15 * (4 * 10 + 14), "implicit": 240}
    stories = [t for t in tasks if t.set == "stories"]
    assert Counter(t.fields["person"] for t in stories)["first"] == 855
    topics: dict[str, set[str]] = {}
    for t in stories:
        topics.setdefault(t.fields["topic"], set()).add(t.fields["emotion"])
    assert len({(t.fields["emotion"], t.fields["topic"]) for t in stories}) == 1710
    assert min(map(len, topics.values())) >= 15
    assert all({emotion(w).quadrant for w in served} == set(QUADRANTS) for served in topics.values())
    pairs = {tuple(t.fields["emotions"].values()) for t in tasks if t.set == "speakers"}
    assert len({(emotion(a).quadrant, emotion(b).quadrant) for a, b in pairs}) == 16
    hidden = {(t.fields["felt"], t.fields["other"]) for t in tasks if t.fields.get("condition") == "hidden"}
    assert len(hidden) == 210


def test_each_topic_n_times_is_a_plan_too() -> None:
    topics = load_topics()[:3]
    tasks = plan_tasks({"stories": 6}, emotions=EMOTIONS, topics=topics)
    assert set(Counter((t.fields["emotion"], t.fields["topic"]) for t in tasks).values()) == {2}
    assert all(t.prompt.count("Never use") == 1 for t in tasks)
    assert set(FILES) >= {t.set for t in tasks}
