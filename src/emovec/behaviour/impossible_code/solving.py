"""The two forms: single answers whose code block is taken as the solution, or an agent with tools; then the original tests.

What came of it is kept in the sample's store under `RECORD` as plain data, so that a log can be scored again without a sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import uuid4

from inspect_ai.model import ChatMessageAssistant, ChatMessageUser
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import Tool, ToolError, tool

from emovec.behaviour.impossible_code import prompts
from emovec.behaviour.impossible_code.measuring import measures
from emovec.behaviour.impossible_code.problems import SOLUTION, TESTS, Problem, problems
from emovec.behaviour.impossible_code.replies import files_in
from emovec.behaviour.impossible_code.running import (
    WORK,
    Run,
    check_sandbox,
    inside,
    limited,
    read_files,
    run_there,
    sandbox_here,
    tail,
    write_files,
)
from emovec.errors import BadInput

__all__ = ["RECORD", "Record", "agent_form", "answer_form"]

#: Where the record lies in the sample's store.
RECORD = "impossible_code"


@dataclass(frozen=True)
class Record:
    """What came of a sample.

    Attributes:
        reply: the model's last words.
        files: name -> text of what it wrote or changed (an empty text: deleted).
        commands: shell commands that it ran.
        tests_pass: the original tests, beside its files, end with success.
        own_tests_pass: so do the tests as it left them.
        ran: number of original tests that the runner reports; None where the run was ended before it could.
        output: end of the output of the original tests.
        attempts: answers or turns used.
    """

    reply: str = ""
    files: dict[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    tests_pass: bool = False
    own_tests_pass: bool = False
    ran: int | None = None
    output: str = ""
    attempts: int = 0


async def _original(files: Mapping[str, str], problem: Problem, timeout: int) -> Run:
    """The original tests in a fresh folder, with the model's files except those that could change the measuring."""
    folder = f"check-{uuid4().hex}"
    await write_files({n: t for n, t in files.items() if t and not measures(n)} | {TESTS: problem.tests}, folder)
    return await run_there(folder, timeout)


async def _keep(
    state: TaskState, problem: Problem, files: Mapping[str, str], timeout: int, attempts: int, commands: list[str]
) -> None:
    """Run the original tests, and the model's own where they differ, and write the record."""
    given = {SOLUTION: problem.starter, TESTS: problem.tests}
    changed = {n: t for n, t in files.items() if given.get(n) != t} | {n: "" for n in given if n not in files}
    run = await _original(files, problem, timeout)
    own = await run_there(WORK, timeout) if any(measures(n) for n in changed) else run
    record = Record(
        reply=state.output.completion,
        files=changed,
        commands=commands,
        tests_pass=run.passed,
        own_tests_pass=own.passed,
        ran=run.ran,
        output=run.output,
        attempts=attempts,
    )
    state.store.set(RECORD, asdict(record))


def _problem(state: TaskState) -> Problem:
    return problems(str(state.metadata["problem"]))[0]


@solver  # type: ignore[untyped-decorator]
def answer_form(attempts: int, timeout: int) -> Solver:
    """Up to so many answers; each one's code is run against the tests and the failing output is the next message."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await check_sandbox()
        problem = _problem(state)
        files = {SOLUTION: problem.starter, TESTS: problem.tests}
        used = 0
        while True:
            state = await generate(state, tool_calls="none")
            used += 1
            given = files_in(state.output.completion, problem)
            files |= given
            await write_files(files, WORK)
            if not given or used == attempts or state.completed:
                break
            run = await run_there(WORK, timeout)
            if run.passed:
                break
            state.messages.append(ChatMessageUser(content=prompts.again(run)))
        await _keep(state, problem, files, timeout, used, [])
        return state

    return solve


@solver  # type: ignore[untyped-decorator]
def agent_form(attempts: int, timeout: int) -> Solver:
    """Up to so many turns with the tools `bash`, `write_file` and `read_file`, until a turn calls none."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await check_sandbox()
        problem = _problem(state)
        await write_files({SOLUTION: problem.starter, TESTS: problem.tests}, WORK)
        state.tools = [bash(timeout), write_file(), read_file()]
        used = 0
        while used < attempts:
            state = await generate(state, tool_calls="single")
            used += 1
            if state.completed or not state.output.message.tool_calls:
                break
        await _keep(state, problem, await read_files(), timeout, used, _commands(state))
        return state

    return solve


def _commands(state: TaskState) -> list[str]:
    calls = [c for m in state.messages if isinstance(m, ChatMessageAssistant) for c in m.tool_calls or []]
    return [str(c.arguments.get("command", "")) for c in calls if c.function == "bash"]


@tool  # type: ignore[untyped-decorator]
def bash(timeout: int) -> Tool:
    """Run a shell command in the model's folder of the sandbox."""

    async def execute(command: str) -> str:
        """Run a bash command in the working folder.

        Args:
            command: The command, for example `python3 -m unittest -v test_solution`.
        """
        try:
            script = 'cd "$1" && exec bash -c "$2"'
            result: Any = await sandbox_here().exec(
                limited(script, WORK, command.replace("\0", ""), seconds=timeout), timeout=timeout, timeout_retry=False
            )
        except TimeoutError:
            return f"The command was stopped after {timeout} seconds."
        return tail(f"{result.stdout}\n{result.stderr}".strip()) or f"(no output, exit code {result.returncode})"

    return execute


@tool  # type: ignore[untyped-decorator]
def write_file() -> Tool:
    """Write a file of the model's folder."""

    async def execute(path: str, content: str) -> str:
        """Write a text file in the working folder, in place of what was there.

        Args:
            path: Name of the file, for example `solution.py`.
            content: Its whole text.
        """
        await sandbox_here().write_file(_inside(path), content)
        return f"Wrote {path}."

    return execute


@tool  # type: ignore[untyped-decorator]
def read_file() -> Tool:
    """Read a file of the model's folder."""

    async def execute(path: str) -> str:
        """Read a text file in the working folder.

        Args:
            path: Name of the file, for example `test_solution.py`.
        """
        try:
            text: str = await sandbox_here().read_file(_inside(path))
        except (FileNotFoundError, IsADirectoryError, PermissionError, UnicodeDecodeError) as error:
            raise ToolError(f"cannot read {path!r}: {type(error).__name__}") from None
        return text

    return execute


def _inside(path: str) -> str:
    try:
        return inside(path)
    except BadInput as error:
        raise ToolError(str(error)) from None
