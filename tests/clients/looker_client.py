"""The vendor's client, set up for a server on loopback."""

from typing import Any

import looker_sdk
from looker_sdk import version
from looker_sdk.rtl.api_settings import ApiSettings
from looker_sdk.sdk.api40.methods import Looker40SDK

from live.server import LiveServer


class Settings(ApiSettings):
    """What an environment or a looker.ini would say."""

    def __init__(self, url: str, credentials: dict[str, str], timeout_s: int) -> None:
        self._given = {
            "base_url": url,
            "client_id": credentials["client_id"],
            "client_secret": credentials["client_secret"],
            "timeout": str(timeout_s),
        }
        super().__init__(sdk_version=version.__version__)

    def read_config(self) -> Any:
        return dict(self._given)


def client_of(url: str, credentials: dict[str, str], *, timeout_s: int = 60) -> Looker40SDK:
    return looker_sdk.init40(config_settings=Settings(url, credentials, timeout_s))


def credentials_for(server: LiveServer, email: str, project_id: str) -> dict[str, str]:
    """New API credentials of a member, as an operator makes them."""
    made = server.command("token", "create", email, "--project", project_id, "--looker")
    return {name: made[name] for name in ("client_id", "client_secret")}
