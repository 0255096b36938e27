"""API credentials from the command line: made, listed, used and closed."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from live.server import environment, run_command


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path)


def failed(variables: dict[str, str], *arguments: str) -> str:
    """What a command says that cannot be done."""
    finished = subprocess.run(
        [sys.executable, "-m", "tertulia", *arguments], env=variables, capture_output=True, timeout=60, check=False
    )
    assert finished.returncode == 1
    return finished.stderr.decode()


def row_of(variables: dict[str, str], client_id: str) -> dict[str, Any]:
    [row] = [row for row in run_command(variables, "token", "list") if row["prefix"] == client_id]
    return row


def test_credentials_are_made_for_a_member_and_closed_by_their_name(variables: dict[str, str]) -> None:
    project_id = run_command(variables, "init", "--name", "Here", "--admin", "ada@example.org")["project_id"]
    made = run_command(variables, "token", "create", "ada@example.org", "--project", "Here", "--looker")
    assert made["project_id"] == project_id
    assert len(made["client_id"]) == 20
    assert len(made["client_secret"]) > 40

    row = row_of(variables, made["client_id"])
    assert (row["email"], row["is_revoked"], row["project_id"]) == ("ada@example.org", False, project_id)
    arguments = [sys.executable, "-m", "tertulia", "token", "revoke", made["client_id"]]
    subprocess.run(arguments, env=variables, capture_output=True, timeout=60, check=True)
    assert row_of(variables, made["client_id"])["is_revoked"]
    assert "no open token" in failed(variables, "token", "revoke", made["client_id"])


def test_credentials_need_a_project_and_a_member_of_it(variables: dict[str, str]) -> None:
    run_command(variables, "init", "--name", "Here", "--admin", "ada@example.org")
    assert "--project" in failed(variables, "token", "create", "ada@example.org", "--looker")
    refused = failed(variables, "token", "create", "nobody@example.org", "--looker", "--project", "Here")
    assert "There is no user nobody@example.org" in refused
