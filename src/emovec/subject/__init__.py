"""The model under study: the only floor that knows torch modules."""

from emovec.subject.chat import Encoded, Message, Turn, encode_chat, encode_plain_chat, encode_text, prefilled
from emovec.subject.subject import Fingerprint, Subject

__all__ = [
    "Encoded",
    "Fingerprint",
    "Message",
    "Subject",
    "Turn",
    "encode_chat",
    "encode_plain_chat",
    "encode_text",
    "load_subject",
    "prefilled",
]


def __getattr__(name: str) -> object:
    if name == "load_subject":  # transformers takes seconds to import
        from emovec.subject.load import load_subject

        return load_subject
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
