"""All settings, read once from tertulia.toml and the environment, which wins. Documented in docs/settings.md.

Nothing else in the package reads the environment.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from msgspec import Struct

from tertulia.core.agent import BUILTIN_MODEL
from tertulia.core.errors import InvalidInput
from tertulia.core.model import ModelCard

_PREFIX = "TERTULIA_"
_VARIABLE = re.compile(r"\$\{(\w+)\}")


class Settings(Struct, frozen=True, kw_only=True):
    """What an operator may choose.

    Each field is the environment variable TERTULIA_<FIELD> in upper case, or a key of tertulia.toml in lower case.
    """

    data: Path = Path("tertulia-data")
    # the file with settings and models; empty: tertulia.toml in the data folder, if it is there
    config: str = ""
    host: str = "127.0.0.1"
    port: int = 8800
    # the address clients reach this server under; empty: http://host:port
    public_url: str = ""
    log_level: str = "info"

    # runs
    lease_s: float = 10.0
    heartbeat_s: float = 2.0
    poll_s: float = 0.25
    flush_s: float = 0.2
    drain_s: float = 5.0
    run_limit: int = 1000
    run_seconds: float = 600.0
    step_limit: int = 12
    tool_seconds: float = 60.0
    event_grace_s: float = 3600.0

    # requests
    body_megabytes: int = 32
    upload_megabytes: int = 512
    message_characters: int = 200_000
    stream_coalesce_s: float = 0.04
    stream_ping_s: float = 15.0

    # documents
    document_megabytes: int = 100
    document_pages: int = 5_000
    parse_seconds: float = 120.0
    parse_memory_megabytes: int = 2_048
    ingest_workers: int = 1
    # minilm, openai or none; empty: minilm where it is installed
    embedder: str = ""
    embeddings_url: str = ""
    embeddings_model: str = ""
    embeddings_key: str = ""

    # governed data
    query_rows: int = 5_000
    query_megabytes: int = 32
    query_seconds: float = 30.0
    code_seconds: float = 10.0
    # the present moment for relative dates, as an ISO time; empty: the clock
    now: str = ""

    # models
    default_model: str = "builtin"
    automatic_names: bool = True
    follow_ups: bool = True
    # empty: the model that answered
    naming_model: str = ""
    # lets messages play scripts through the model named scripted: for tests and benchmarks only
    scripted_model: bool = False

    @property
    def database(self) -> Path:
        return self.data / "tertulia.db"

    @property
    def moment(self) -> datetime | None:
        """The present moment where the operator fixed it; without an offset it is UTC. Raises InvalidInput."""
        if not self.now:
            return None
        try:
            fixed = datetime.fromisoformat(self.now)
        except ValueError as error:
            raise InvalidInput(f"TERTULIA_NOW is {self.now!r}; write it as 2026-06-30T12:00:00.") from error
        return fixed if fixed.tzinfo else fixed.replace(tzinfo=UTC)

    @property
    def files(self) -> Path:
        return self.data / "files"

    @property
    def warehouses(self) -> Path:
        """What folders of data files are built into."""
        return self.data / "warehouses"

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def base_url(self) -> str:
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.port}"


class ConfiguredModel(Struct, frozen=True, kw_only=True):
    """A model of tertulia.toml with its key, which is None where the card names no variable for one."""

    card: ModelCard
    key: str | None = None

    def __repr__(self) -> str:
        return f"ConfiguredModel(card={self.card!r}, key={'***' if self.key else None})"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from tertulia.toml and the environment. Raises InvalidInput naming each that does not read as its type."""
    variables = os.environ if environment is None else environment
    first = _settings(variables, {})
    table = _file(first)
    table.pop("models", None)
    unknown = sorted(set(table) - {field.name for field in msgspec.structs.fields(Settings)} - {"data", "config"})
    if unknown:
        raise InvalidInput(f"{_config_path(first)}: there is no setting {', '.join(unknown)}.")
    return _settings(variables, table)


def load_models(settings: Settings, environment: Mapping[str, str] | None = None) -> dict[str, ConfiguredModel]:
    """The models of tertulia.toml by name, with their keys from the environment.

    Raises InvalidInput for a table that does not read as a ModelCard, a fallback that is none of them, or an empty key.
    """
    variables = os.environ if environment is None else environment
    tables = _file(settings).get("models", {})
    try:
        cards = msgspec.convert(tables, dict[str, ModelCard])
    except msgspec.ValidationError as error:
        raise InvalidInput(f"{_config_path(settings)}: [models] is not valid: {error}") from error
    for name, card in cards.items():
        strangers = [other for other in card.fallback if other not in cards and other != BUILTIN_MODEL]
        if strangers:
            raise InvalidInput(f"[models.{name}]: fallback names {', '.join(strangers)}, which is not configured.")
    return {
        name: ConfiguredModel(card=card, key=variables.get(card.api_key_env) or None) for name, card in cards.items()
    }


def fill_in(text: str, environment: Mapping[str, str] | None = None) -> str:
    """The text with each `${NAME}` replaced by that variable. Raises InvalidInput for one that is not set."""
    variables = os.environ if environment is None else environment

    def value(match: re.Match[str]) -> str:
        found = variables.get(match[1])
        if found is None:
            raise InvalidInput(f"A connection reads the variable {match[1]}, which is not set.")
        return quote(found, safe="")

    return _VARIABLE.sub(value, text)


def _settings(variables: Mapping[str, str], table: Mapping[str, object]) -> Settings:
    given: dict[str, object] = {}
    problems: dict[str, list[str]] = {}
    for field in msgspec.structs.fields(Settings):
        variable = _PREFIX + field.name.upper()
        value: object = variables.get(variable) or table.get(field.name)
        if value is None:
            continue
        try:
            given[field.name] = _converted(value, field.type)
        except msgspec.ValidationError as error:
            problems[variable if variables.get(variable) else field.name] = [f"{value!r} is not valid: {error}"]
    if problems:
        raise InvalidInput("; ".join(f"{name}: {texts[0]}" for name, texts in problems.items()), fields=problems)
    return msgspec.convert(given, Settings)


def _converted(value: object, kind: Any) -> Any:
    if kind is Path:
        return Path(msgspec.convert(value, str))
    return msgspec.convert(value, kind, strict=not isinstance(value, str))


def _config_path(settings: Settings) -> Path:
    return Path(settings.config) if settings.config else settings.data / "tertulia.toml"


def _file(settings: Settings) -> dict[str, Any]:
    path = _config_path(settings)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if settings.config:
            raise InvalidInput(f"TERTULIA_CONFIG: there is no file {path}.") from None
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"{path} cannot be read: {error}") from error
