"""All settings, read once from the environment; nothing else in the package reads it. Documented in docs/settings.md."""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from tertulia.core.errors import InvalidInput

_PREFIX = "TERTULIA_"


class Settings(Struct, frozen=True, kw_only=True):
    """What an operator may choose. Each field is the environment variable TERTULIA_<FIELD> in upper case."""

    data: Path = Path("tertulia-data")
    host: str = "127.0.0.1"
    port: int = 8800
    # the address clients reach this server under; empty: http://host:port
    public_url: str = ""
    log_level: str = "info"

    # runs
    lease_s: float = 10.0
    heartbeat_s: float = 2.0
    poll_s: float = 0.25
    flush_s: float = 0.1
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

    # models
    default_model: str = "builtin"
    # lets messages play scripts through the model named scripted: for tests and benchmarks only
    scripted_model: bool = False

    @property
    def database(self) -> Path:
        return self.data / "tertulia.db"

    @property
    def files(self) -> Path:
        return self.data / "files"

    @property
    def models(self) -> Path:
        return self.data / "models"

    @property
    def base_url(self) -> str:
        if self.public_url:
            return self.public_url.rstrip("/")
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::") else self.host  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.port}"


def load_settings(environment: Mapping[str, str] | None = None) -> Settings:
    """Settings from the environment. Raises InvalidInput naming each variable that does not read as its type."""
    variables = os.environ if environment is None else environment
    given: dict[str, object] = {}
    problems: dict[str, list[str]] = {}
    for field in msgspec.structs.fields(Settings):
        name = _PREFIX + field.name.upper()
        text = variables.get(name, "")
        if not text:
            continue
        try:
            given[field.name] = Path(text) if field.type is Path else msgspec.convert(text, field.type, strict=False)
        except msgspec.ValidationError as error:
            problems[name] = [f"{text!r} is not valid: {error}"]
    if problems:
        raise InvalidInput("; ".join(f"{name}: {texts[0]}" for name, texts in problems.items()), fields=problems)
    return msgspec.convert(given, Settings)
