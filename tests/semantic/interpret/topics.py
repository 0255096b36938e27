"""Three invented businesses to ask: a shop, a clinic and a fleet of bikes."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from tertulia.core.query import GoldenQuery, Source
from tertulia.semantic.interpret.interpret import interpret
from tertulia.semantic.interpret.understanding import Interpretation, Moment, Topic, Values
from tertulia.semantic.lookml.load import load_project

HERE = Path(__file__).parent
NOW = datetime(2025, 6, 18, 12, 30, tzinfo=UTC)


@cache
def topic_of(domain: str) -> Topic:
    return made_of(domain)


def made_of(
    domain: str, *, golden: Sequence[GoldenQuery] = (), synonyms: Mapping[str, list[str]] | None = None
) -> Topic:
    folder = HERE / domain
    project = load_project({path.name: path.read_text() for path in sorted(folder.glob("*.lkml"))}, name=domain)
    assert project.findings == []
    given = tomllib.loads((folder / "values.toml").read_text())
    values = [
        Values(source=Source(domain, explore), field=field, values=list(found))
        for explore, fields in given.items()
        for field, found in fields.items()
    ]
    sources = [Source(domain, explore) for explore in project.models[domain].explores]
    return Topic(models=project.models, sources=sources, values=values, golden=golden, synonyms=synonyms or {})


def ask(question: str, domain: str = "shop") -> Interpretation:
    return interpret(question, topic_of(domain), Moment(now=NOW))
