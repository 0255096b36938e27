"""Settings come from a file and the environment, and what is wrong with them is said by name."""

from pathlib import Path

import pytest

from tertulia.core.errors import InvalidInput
from tertulia.core.message import Usage
from tertulia.core.model import Prices, Provider
from tertulia.settings import load_models, load_settings


def write(folder: Path, text: str) -> dict[str, str]:
    (folder / "tertulia.toml").write_text(text, encoding="utf-8")
    return {"TERTULIA_DATA": str(folder)}


def test_nothing_needs_to_be_set(tmp_path: Path) -> None:
    settings = load_settings({"TERTULIA_DATA": str(tmp_path)})
    assert settings.base_url == "http://127.0.0.1:8800"
    assert load_models(settings, {}) == {}


def test_the_file_sets_and_the_environment_wins(tmp_path: Path) -> None:
    variables = write(tmp_path, 'port = 9000\nhost = "0.0.0.0"\ndrain_s = 1\n')
    settings = load_settings({**variables, "TERTULIA_PORT": "9001"})
    assert (settings.port, settings.host, settings.drain_s) == (9001, "0.0.0.0", 1.0)  # noqa: S104 - not bound
    assert settings.base_url == "http://127.0.0.1:9001"


@pytest.mark.parametrize(
    ("text", "variables", "named"),
    [
        ("", {"TERTULIA_PORT": "many"}, "TERTULIA_PORT"),
        ('port = "9000x"', {}, "port"),
        ("prot = 9000", {}, "prot"),
        ("port = ", {}, "cannot be read"),
        ("", {"TERTULIA_CONFIG": "/nowhere/tertulia.toml"}, "TERTULIA_CONFIG"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, variables: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidInput, match=named):
        load_settings({**write(tmp_path, text), **variables})


MODELS = """
default_model = "fast"

[models.fast]
provider = "openai"
model = "gpt-small"
base_url = "http://127.0.0.1:9/v1"
api_key_env = "FAST_KEY"
fallback = ["slow", "builtin"]
prices = { input = 1.0, output = 2.0, cache_read = 0.1 }

[models.slow]
provider = "anthropic"
model = "large"
"""


def test_models_are_read_with_their_keys_and_never_show_them(tmp_path: Path) -> None:
    variables = {**write(tmp_path, MODELS), "FAST_KEY": "secret"}
    models = load_models(load_settings(variables), variables)
    assert models["fast"].key == "secret"
    assert "secret" not in repr(models)
    assert models["slow"].card.provider is Provider.ANTHROPIC
    assert models["slow"].key is None


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ('provider = "openai"', "provider"),
        ("fallback", "nobody"),
        ("context_window", "context_window"),
        ("unknown", "unknown"),
    ],
)
def test_a_model_table_that_is_wrong_is_refused(tmp_path: Path, change: str, named: str) -> None:
    broken = {
        'provider = "openai"': MODELS.replace('provider = "openai"', 'provider = "copenai"'),
        "fallback": MODELS.replace('"slow", "builtin"', '"nobody"'),
        "context_window": MODELS.replace('model = "large"', 'model = "large"\ncontext_window = "big"'),
        "unknown": MODELS.replace('model = "large"', 'model = "large"\nunknown = 1'),
    }[change]
    settings = load_settings(write(tmp_path, broken))
    with pytest.raises(InvalidInput, match=named):
        load_models(settings, {})


def test_each_token_is_priced_once() -> None:
    prices = Prices(input=10, output=20, cache_read=1)
    usage = Usage(input_tokens=1_000_000, output_tokens=500_000, cache_read_tokens=400_000, cache_write_tokens=100_000)
    assert prices.cost(usage) == pytest.approx(0.5 * 10 + 0.4 * 1 + 0.1 * 10 + 0.5 * 20)
