"""What the id of a query task says: which query, in which shape."""

import hashlib
import re
import secrets

from msgspec import Struct

from tertulia.core.errors import NotFound

_ID = re.compile(r"(\d{1,15})-([a-z_]+)-((?:m?\d{1,16})?)-(f?v?)-([0-9a-f]{12})([0-9a-f]{12})", re.ASCII)


class Shape(Struct, frozen=True, kw_only=True):
    """How its client wants a result. `format` is a word of the client's."""

    format: str
    limit: int | None = None
    is_formatted: bool = False
    is_visual: bool = False


class TaskName(Struct, frozen=True, kw_only=True):
    serial: int
    shape: Shape


def new_task_id(project_id: str, name: TaskName) -> str:
    """Of this project alone, and another each time."""
    shape = name.shape
    flags = f"{'f' if shape.is_formatted else ''}{'v' if shape.is_visual else ''}"
    limit = "" if shape.limit is None else str(shape.limit).replace("-", "m")
    begun = f"{name.serial}-{shape.format}-{limit}-{flags}-{secrets.token_hex(6)}"
    return f"{begun}{_seal(project_id, begun)}"


def task_name(project_id: str, task_id: str) -> TaskName:
    """Raises NotFound for an id that was not given to a task of this project."""
    found = _ID.fullmatch(task_id)
    if found is None or found[6] != _seal(project_id, task_id[: found.start(6)]):
        raise NotFound
    limit = found[3].replace("m", "-")
    shape = Shape(
        format=found[2],
        limit=int(limit) if limit else None,
        is_formatted="f" in found[4],
        is_visual="v" in found[4],
    )
    return TaskName(serial=int(found[1]), shape=shape)


def _seal(project_id: str, begun: str) -> str:
    """Finds out what is mistyped or guessed. No secret: who can compute it may begin the same task anyway."""
    return hashlib.sha256(f"{project_id}/{begun}".encode()).hexdigest()[:12]
