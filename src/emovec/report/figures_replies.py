"""Figures of the studies of messages and their replies, and of readings over tokens: user against assistant, planned emotion, story tokens,
persistence, lexical control."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from emovec.report.charts import LEGEND, by_recipe, dots, lines, pairs
from emovec.report.figure import Figure, Frame, Json, Listing, Token, choose, floats, frames_by, names_of, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

__all__ = ["lexical_control", "persistence", "planned_emotion", "story_tokens", "user_vs_assistant"]


def user_vs_assistant(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """The labelled emotions in either place, the correlation of the places, and "loving" in either place."""
    figures: list[Figure | Listing] = []
    if (messages := tables.get("messages")) is not None:
        figures.append(
            _two_places(
                messages, "feelings", "Whose feeling is read where",
                "From the end of the user's message (open) to the assistant colon (filled), in standard deviations over the messages. If the"
                " two are read apart, the user's emotion moves left and the reply's right.",
                {"user's emotion": "user", "reply's emotion": "reply"}, "reading (sd)", 8,
            )
        )  # fmt: skip
        figures.append(
            _two_places(
                messages, "loving", "\"Loving\" on the way to the reply",
                "Cosine with \"loving\" at the end of the message (open) and at the assistant colon (filled).",
                {"loving": "loving"}, "cosine", 4,
            )
        )  # fmt: skip
    if (correlation := tables.get("correlation")) is not None:
        figures.append(
            dots(
                correlation, "user_vs_assistant-correlation", "what", "r", "How alike the two places are",
                "Pearson r over messages x emotions, each probe centred over the messages; lines: 95 % of resampled messages, or of draws. Dashed: the"
                " paper's 0.11.", "Pearson r", 0.11, "correlation",
            )
        )  # fmt: skip
    return figures


def _two_places(
    messages: pd.DataFrame, name: str, title: str, caption: str, shown: dict[str, str], says: str, span: int
) -> Figure:
    recipe = by_recipe(messages)
    colours = ("@warm", "@accent")

    def draw(which: str) -> Frame | None:
        mine = messages[messages["recipe"] == which].reset_index(drop=True)
        ends = [f"{column}_at_{place}" for column in shown.values() for place in ("end", "colon")]
        if mine.empty or mine[ends].isna().all(axis=None):
            return None
        traces: list[Json] = []
        for i, (label, column) in enumerate(shown.items()):
            y = np.arange(len(mine)) + (i - (len(shown) - 1) / 2) * 0.34
            start, stop = mine[f"{column}_at_end"].to_numpy(float), mine[f"{column}_at_colon"].to_numpy(float)
            gaps = np.full(len(mine), np.nan)
            traces.append({
                "type": "scatter", "mode": "lines", "x": floats(np.column_stack([start, stop, gaps]).ravel()),
                "y": floats(np.column_stack([y, y, gaps]).ravel()), "line": {"color": colours[i], "width": 1.5}, "hoverinfo": "skip",
                "showlegend": False,
            })  # fmt: skip
            for place, values, symbol in (
                ("end of message", start, "circle-open"),
                ("before the reply", stop, "circle"),
            ):
                traces.append({
                    "type": "scatter", "mode": "markers", "name": f"{label}, {place}", "x": floats(values), "y": floats(y),
                    "marker": {"color": colours[i], "symbol": symbol, "size": 8},
                    "customdata": [plain(m) for m in mine["message"]],
                    "hovertemplate": "%{x:.2f}<br>%{customdata}<extra></extra>",
                })  # fmt: skip
        names = [f"{plain(a)} → {plain(b)}" for a, b in zip(mine["user_emotion"], mine["reply_emotion"], strict=True)]
        return Frame(traces, {
            "xaxis": {"title": {"text": says}, "zeroline": True},
            "yaxis": {"tickvals": list(range(len(mine))), "ticktext": names, "range": [len(mine) - 0.4, -0.6], "automargin": True,
                      "zeroline": False, "tickfont": {"size": 11}},
            "showlegend": True, "legend": LEGEND, "hovermode": "closest",
        })  # fmt: skip

    most = max((int((messages["recipe"] == name).sum()) for name, _ in recipe.options), default=0)
    return Figure(
        id=f"user_vs_assistant-{name}",
        title=title,
        caption=caption,
        label=f"Dumbbell chart: {title}, one line for each message, named by the user's and the reply's emotion.",
        frames=frames_by([recipe], draw),
        tables=("messages",),
        choices=(recipe,),
        height=170 + 24 * most,
        span=span,
    )


def planned_emotion(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """What predicts the reply's readings, emotion by emotion and message by message, and the replies."""
    figures: list[Figure | Listing] = []
    if (correlation := tables.get("correlation")) is not None:
        figures.append(
            dots(
                correlation, "planned_emotion-correlation", "predictor", "r", "What predicts the readings over the reply",
                "Pearson r with the mean reading over the reply, over messages x emotions, with 95 % intervals. Ticks: random directions, mean to 95th"
                " percentile. Dashed: the paper's 0.87 (A:) and 0.59 (user's last token).", "Pearson r", (0.59, 0.87), "correlation", null=True,
            )
        )  # fmt: skip
    if (emotions := tables.get("emotions")) is not None:
        figures.append(
            pairs(
                emotions, "planned_emotion-emotions", ("r_user", "r_colon"), "Every emotion: from the user's last token, and from A:",
                "Correlation over the messages with the reading over the reply. Above the line: A: predicts better.",
                ("r from the user's last token", "r from A:"),
            )
        )  # fmt: skip
    if (points := tables.get("points")) is not None:
        figures.append(_points(points))
    if (replies := tables.get("replies")) is not None:
        recipe = by_recipe(replies)
        figures.append(
            Listing(
                id="planned_emotion-replies",
                title="The messages and the replies",
                caption="The three emotions that stand out most against the other messages, before the reply and over it.",
                columns=("Message", "Reply", "Read at A:", "Read over the reply", "Kind"),
                rows={
                    name: [
                        (str(r["message"]), str(r["reply"]), str(r["top_at_colon"]), str(r["top_in_reply"]), str(r["kind"]))
                        for r in replies[replies["recipe"] == name].to_dict("records")
                    ]
                    for name, _ in recipe.options
                },
                tables=("replies",),
                choices=(recipe,),
                search=True,
            )
        )  # fmt: skip
    return figures


def _points(points: pd.DataFrame) -> Figure:
    choices = (by_recipe(points), choose("Emotion", names_of(points["emotion"])))

    def draw(recipe: str, emotion: str) -> Frame | None:
        mine = points[(points["recipe"] == recipe) & (points["emotion"].astype(str) == emotion)]
        if mine.empty:
            return None
        traces: list[Json] = [
            {
                "type": "scatter", "mode": "markers", "name": says, "x": floats(mine[column] - mine[column].mean()), "y": floats(mine["reply"]),
                "marker": {"color": colour, "symbol": symbol, "size": 7},
                "customdata": [f"message {int(n)}, {plain(k)}" for n, k in zip(mine["number"], mine["kind"], strict=True)],
                "hovertemplate": "%{customdata}<br>%{x:.3f}, reply %{y:.3f}<extra></extra>",
            }
            for column, says, colour, symbol in (
                ("user", "user's last token", "@muted", "circle-open"), ("colon", "A:", "@accent", "circle"),
            )
        ]  # fmt: skip
        return Frame(traces, {
            "xaxis": {"title": {"text": "reading at that place, minus its mean"}},
            "yaxis": {"title": {"text": "mean reading over the reply"}},
            "showlegend": True, "legend": LEGEND,
        })  # fmt: skip

    return Figure(
        id="planned_emotion-points",
        title="Message by message",
        caption="One dot for each message and place.",
        label="Scatter plot of the reading over the reply by the reading at the user's last token and at the assistant colon.",
        frames=frames_by(choices, draw),
        tables=("points",),
        choices=choices,
        height=420,
        span=6,
    )


def story_tokens(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """The rise by tenths of the tokens, every story's peaks against its floor, and the peaks with their tokens."""
    figures: list[Figure | Listing] = []
    if (profile := tables.get("profile")) is not None:
        figures.append(
            lines(
                profile, "story_tokens-profile", "what", "tenth", "rise", "Where the rise is",
                "A vector's reading on a story of its emotion minus its reading on other stories, from the lowest to the highest tenth of the tokens. A"
                " mood laid over every token would give a level line. Bands: 95 % of resampled stories, or of draws.",
                ("tenth of the tokens, sorted by reading", "rise (sd)"), "profile",
            )
        )  # fmt: skip
    if (emotions := tables.get("emotions")) is not None:
        figures.append(
            pairs(
                emotions, "story_tokens-emotions", ("floor_rise", "peak_rise"), "Every story: floor and peaks",
                "Rise of the lower half of the tokens, and of the highest tenth. On the line the whole story rises; above it the peaks rise more.",
                ("rise of the lower half (sd)", "rise of the highest tenth (sd)"),
            )
        )  # fmt: skip
    if (peaks := tables.get("peaks")) is not None:
        figures.append(_peaks(peaks))
    return figures


def _peaks(peaks: pd.DataFrame) -> Listing:
    recipe = by_recipe(peaks)
    rows: dict[str, list[tuple[str | int | tuple[Token, ...], ...]]] = {}
    for name, _ in recipe.options:
        rows[name] = []
        mine = peaks[peaks["recipe"] == name].sort_values(["emotion", "story", "rank"], kind="stable")
        for (emotion, _story), ones in mine.groupby(["emotion", "story"], sort=False):
            found = ones.to_dict("records")
            cells = [
                tuple(
                    Token(text, own)
                    for text, own in ((str(r["before"]), False), (str(r["token"]), True), (str(r["after"]), False))
                    if text.strip()
                )
                for r in found
            ]
            cells += [()] * (3 - len(cells))
            rows[name].append(
                (str(emotion), *cells[:3], f"{int(found[0]['place_among_emotions'])} ({found[0]['highest_emotion']})")
            )
    return Listing(
        id="story_tokens-peaks",
        title="The peaks of every story",
        caption="The three highest tokens of the story's own vector, with what stands around them. Place: where it stands among all"
        " vectors at the first peak, and the vector that is highest there.",
        columns=("Emotion", "Highest token", "Second", "Third", "Place at the first"),
        rows={key: list(group) for key, group in rows.items()},
        tables=("peaks",),
        choices=(recipe,),
        search=True,
    )


def persistence(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """Autocorrelation by lag, with the nulls; and every emotion's."""
    figures: list[Figure | Listing] = []
    if (curves := tables.get("curves")) is not None:
        figures.append(
            lines(
                curves, "persistence-curves", "what", "lag", "value", "How long a reading lasts",
                "Correlation of a reading with itself so many tokens later, mean over the vectors. Bands: 95 % of resampled texts, or of draws.",
                ("tokens later", "autocorrelation"), "curves", doubling=True,
            )
        )  # fmt: skip
    if (emotions := tables.get("emotions")) is not None:
        figures.append(
            pairs(
                emotions, "persistence-emotions", ("lag_1", "late"), "Every emotion: from token to token, and far",
                "Correlation with the next token's reading, and the mean over the later lags.",
                ("autocorrelation at lag 1", "mean over the later lags"), line=False,
            )
        )  # fmt: skip
    return figures


def lexical_control(tables: Mapping[str, pd.DataFrame], block: int) -> list[Figure | Listing]:
    """What words explain, what tells the emotion, and every emotion before and after its words are regressed out."""
    figures: list[Figure | Listing] = []
    if (summary := tables.get("summary")) is not None:
        for measure, title, caption, mark in (
            ("share", "What words explain of a reading", "Share of a reading's variance that is predicted on left-out topics, with its 95 % interval over emotions.", None),
            ("AUC", "What tells the emotion", "Mean one-against-rest AUC with its 95 % interval over emotions; tick: hardest null; dashed: chance.", 0.5),
        ):  # fmt: skip
            mine = summary[summary["measure"] == measure]
            if len(mine):
                says = "share explained" if measure == "share" else "AUC"
                figures.append(dots(mine, f"lexical_control-{measure.lower()}", "what", "value", title, caption, says, mark, "summary", null=True))  # fmt: skip
    if (emotions := tables.get("emotions")) is not None:
        figures.append(
            pairs(
                emotions, "lexical_control-emotions", ("auc", "auc_left"), "Every emotion, before and after",
                "AUC of the reading, and of what is left of it. Below the line: words carried part of what it told.",
                ("AUC of the reading", "AUC of what words do not explain"),
            )
        )  # fmt: skip
    return figures
