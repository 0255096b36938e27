"""Three invented businesses to ask: a shop, a clinic and a fleet of bikes."""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tertulia.core.query import Source
from tertulia.semantic.interpret.understanding import Moment, Topic, Values
from tertulia.semantic.lookml.load import load_project

HERE = Path(__file__).parent
NOW = datetime(2025, 6, 18, 12, 30, tzinfo=UTC)


def topic_of(domain: str) -> Topic:
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
    return Topic(models=project.models, sources=sources, values=values)


@pytest.fixture(scope="session")
def shop() -> Topic:
    return topic_of("shop")


@pytest.fixture(scope="session")
def clinic() -> Topic:
    return topic_of("clinic")


@pytest.fixture(scope="session")
def fleet() -> Topic:
    return topic_of("fleet")


@pytest.fixture
def moment() -> Moment:
    return Moment(now=NOW)
