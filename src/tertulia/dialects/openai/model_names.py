"""What agents are called as models: their name, with the project's where that is not enough."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from tertulia.core.ids import canonical_id
from tertulia.services.transcripts import OpenAgent

_LONGEST = 64


def model_names(agents: Sequence[OpenAgent]) -> dict[str, str]:
    """For each agent's id the shortest of its names that no other of these has."""
    count = Counter(name for agent in agents for name in set(_names(agent)))
    return {agent.id: next((name for name in _names(agent) if count[name] == 1), agent.id) for agent in agents}


def named(agents: Sequence[OpenAgent], model: str) -> list[OpenAgent]:
    """The agents of that name or UUID: one, none, or those among which it does not decide."""
    agent_id = canonical_id(model)
    wanted = model.strip().lower()
    return [agent for agent in agents if agent.id == agent_id or wanted in _names(agent)]


def _names(agent: OpenAgent) -> tuple[str, str, str]:
    """From short to certain: the last has the end of the agent's UUID in it."""
    short = _slug(agent.name, "agent")
    long = f"{short}@{_slug(agent.project_name, 'project')}"
    return short, long, f"{long}-{agent.id[-8:]}"


def _slug(name: str, nameless: str) -> str:
    """Letters and digits of any script, in small letters and without accents, joined by hyphens."""
    letters = (each for each in unicodedata.normalize("NFKD", name) if not unicodedata.combining(each))
    plain = unicodedata.normalize("NFC", "".join(letters))
    return re.sub(r"[\W_]+", "-", plain.lower()).strip("-")[:_LONGEST].strip("-") or nameless
