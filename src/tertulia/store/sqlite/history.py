"""Substring search over messages with an FTS5 trigram index that stores no positions (detail=none)."""

from collections.abc import Iterable

from sqlalchemy import Connection

_CANDIDATE_LIMIT = 2000
_TRIGRAM_LIMIT = 24
_VOCAB_LIMIT = 400


def index_messages(connection: Connection, texts: Iterable[tuple[int, str]]) -> None:
    """Adds message keys with their search texts to the index."""
    rows = [{"pk": pk, "text": text} for pk, text in texts]
    if rows:
        connection.exec_driver_sql("INSERT INTO message_fts(rowid, search_text) VALUES (:pk, :text)", rows)


def unindex_messages(connection: Connection, texts: Iterable[tuple[int, str]]) -> None:
    """Takes messages out again; the texts must be the ones indexed."""
    rows = [{"pk": pk, "text": text} for pk, text in texts]
    if rows:
        connection.exec_driver_sql(
            "INSERT INTO message_fts(message_fts, rowid, search_text) VALUES ('delete', :pk, :text)", rows
        )


def candidate_messages(connection: Connection, term: str) -> list[int] | None:
    """Keys of messages that may contain the folded term, in any project; each must be verified.

    None where there are too many to be worth listing: then walk the conversations and stop at the page's end.
    """
    expression = _match_expression(connection, term)
    if expression is None:
        return None
    if not expression:
        return []
    found = connection.exec_driver_sql(
        "SELECT rowid FROM message_fts WHERE message_fts MATCH ? LIMIT ?", (expression, _CANDIDATE_LIMIT + 1)
    )
    keys = [row[0] for row in found]
    return None if len(keys) > _CANDIDATE_LIMIT else keys


def _match_expression(connection: Connection, term: str) -> str | None:
    """An FTS5 expression: all trigrams of the term, or any trigram that begins with a shorter one."""
    if len(term) >= 3:
        trigrams = list(dict.fromkeys(term[at : at + 3] for at in range(len(term) - 2)))
        step = max(1, len(trigrams) // _TRIGRAM_LIMIT)
        return " AND ".join(_quoted(trigram) for trigram in trigrams[::step])
    following = term[:-1] + chr(min(ord(term[-1]) + 1, 0x10FFFF))
    found = connection.exec_driver_sql(
        "SELECT term FROM message_vocab WHERE term >= ? AND term < ? LIMIT ?", (term, following, _VOCAB_LIMIT + 1)
    )
    trigrams = [row[0] for row in found]
    return None if len(trigrams) > _VOCAB_LIMIT else " OR ".join(_quoted(trigram) for trigram in trigrams)


def _quoted(trigram: str) -> str:
    return '"' + trigram.replace('"', '""') + '"'
