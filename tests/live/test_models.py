"""`tertulia models`: what is configured, and one question to one of them."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from live.server import environment, free_port, run_command


def configured(data: Path) -> dict[str, str]:
    (data / "tertulia.toml").write_text(
        f"""
        [models.away]
        provider = "openai"
        model = "small"
        base_url = "http://127.0.0.1:{free_port()}/v1"
        api_key_env = "AWAY_KEY"
        retries = 0
        fallback = ["builtin"]
        """,
        encoding="utf-8",
    )
    return {**environment(data, embedder="none"), "AWAY_KEY": "very-secret"}


def try_model(variables: dict[str, str], name: str) -> tuple[int, dict[str, Any], str]:
    command = [sys.executable, "-m", "tertulia", "models", "try", name, "hello", "--json"]
    finished = subprocess.run(command, env=variables, capture_output=True, timeout=60, check=False)
    shown = finished.stdout.decode()
    return finished.returncode, json.loads(shown) if shown else {}, shown + finished.stderr.decode()


def test_the_models_are_listed_with_the_default_marked_and_no_key(tmp_path: Path) -> None:
    rows = run_command(configured(tmp_path), "models", "list")
    assert [(row["name"], row["is_default"], row["fallback"]) for row in rows] == [
        ("builtin", True, []),
        ("away", False, ["builtin"]),
    ]
    assert "secret" not in json.dumps(rows)


def test_a_model_that_answers_is_shown_with_its_tokens_and_times(tmp_path: Path) -> None:
    code, trial, _ = try_model(configured(tmp_path), "builtin")
    assert code == 0
    assert trial["text"].startswith("Hello")
    assert trial["usage"]["output_tokens"] > 0
    assert 0 < trial["first_s"] <= trial["total_s"]


def test_a_model_that_cannot_be_reached_says_so_and_is_not_replaced(tmp_path: Path) -> None:
    code, trial, shown = try_model(configured(tmp_path), "away")
    assert code == 1
    assert "127.0.0.1" in trial["problem"]
    assert trial["text"] == ""
    assert "very-secret" not in shown


def test_a_name_that_is_not_configured_is_refused_with_those_that_are(tmp_path: Path) -> None:
    code, _, shown = try_model(configured(tmp_path), "nobody")
    assert code == 1
    assert "builtin, away" in shown
