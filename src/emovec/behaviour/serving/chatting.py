"""Inspect's messages and tools into the subject's tokens, and its replies back into messages and tool calls."""

from __future__ import annotations

import json
from collections.abc import Sequence

from inspect_ai.model import ChatMessage, ChatMessageAssistant
from inspect_ai.model._providers.util.hf_handler import HFHandler
from inspect_ai.tool import ToolInfo

from emovec.errors import BadInput, UnsupportedModel
from emovec.subject import Encoded, Message, Subject, encode_chat, encode_plain_chat, prefilled

__all__ = ["parse_reply", "rendered"]

_TOOLS = """You may call functions. Their signatures are:
<tools>
{tools}
</tools>
To call one, write a JSON object with its name and arguments within <tool_call> tags, for example:
<tool_call>
{{"name": "function_name", "arguments": {{"argument": "value"}}}}
</tool_call>"""


def rendered(subject: Subject, messages: Sequence[ChatMessage], tools: Sequence[ToolInfo]) -> Encoded:
    """The chat as the subject reads it, ending where its reply begins.

    Tools are told in the system message and called with ``<tool_call>`` tags, which works with any template. A last message by the
    assistant is the beginning of the reply. Where the template refuses a role (system, tool), its text goes to the user.

    Raises:
        BadInput: if a message has content other than text.
    """
    plain = [_plain(m) for m in messages]
    if tools:
        signatures = "\n".join(
            json.dumps(t.model_dump(exclude_none=True, mode="json"), ensure_ascii=False) for t in tools
        )
        told = _TOOLS.format(tools=signatures)
        if plain and plain[0]["role"] == "system":
            plain[0] = {"role": "system", "content": f"{plain[0]['content']}\n\n{told}"}
        else:
            plain.insert(0, {"role": "system", "content": told})
    begun = plain.pop()["content"] if len(plain) > 1 and plain[-1]["role"] == "assistant" else ""
    encode = encode_chat if subject.has_template else encode_plain_chat
    try:
        encoded = encode(subject, plain, reply=True)
    except (BadInput, UnsupportedModel):
        encoded = encode(subject, _without_roles(plain), reply=True)
    return prefilled(subject, encoded, begun) if begun else encoded


def _plain(message: ChatMessage) -> Message:
    if not isinstance(message.content, str) and any(part.type not in ("text", "reasoning") for part in message.content):
        raise BadInput(f"emovec reads text only; a {message.role} message has other content")
    text = message.text
    if isinstance(message, ChatMessageAssistant) and message.tool_calls:
        calls = (
            json.dumps({"name": c.function, "arguments": c.arguments}, ensure_ascii=False) for c in message.tool_calls
        )
        text = "\n".join([text, *(f"<tool_call>\n{call}\n</tool_call>" for call in calls)]).strip()
    return {"role": message.role, "content": text}


def _without_roles(messages: Sequence[Message]) -> list[Message]:
    """System and tool messages as the user's, neighbours of one role joined."""
    out: list[Message] = []
    for m in messages:
        role = "assistant" if m["role"] == "assistant" else "user"
        text = f"<tool_response>\n{m['content']}\n</tool_response>" if m["role"] == "tool" else m["content"]
        if out and out[-1]["role"] == role:
            out[-1] = {"role": role, "content": f"{out[-1]['content']}\n\n{text}"}
        else:
            out.append({"role": role, "content": text})
    return out


def parse_reply(text: str, tools: Sequence[ToolInfo], model: str) -> ChatMessageAssistant:
    """The reply as a message; with tools, ``<tool_call>`` tags become tool calls (a malformed one carries its parse error)."""
    if not tools:
        return ChatMessageAssistant(content=text, model=model, source="generate")
    return HFHandler(model).parse_assistant_response(text, list(tools))
