"""Settings of agents that run by the clock: read, checked, merged into what stood there."""

from datetime import UTC, datetime

import msgspec

from tertulia.core.agent import Workflow
from tertulia.core.errors import InvalidInput
from tertulia.dialects.looker.bodies import GivenDestination, GivenWorkflow

_LONGEST_CRON = 200
_CRON_FIELDS = 5
_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


def workflow_of(given: GivenWorkflow | None, present: Workflow | None) -> Workflow | None:
    """What is given replaces, what is not named stays; None takes all of it away. Raises InvalidInput."""
    if given is None:
        return None
    changed = present or Workflow()
    named = given.given()
    if "primary_agent" in named:
        changed = msgspec.structs.replace(changed, primary_agent_id=given.primary_agent or None)
    if "polling_frequency_cron" in named:
        changed = msgspec.structs.replace(changed, cron=_cron(given.polling_frequency_cron or ""))
    if "destination" in named:
        changed = _with_destination(changed, given.destination)
    return changed


def _with_destination(present: Workflow, given: GivenDestination | None) -> Workflow:
    if given is None:
        return msgspec.structs.replace(present, destination_type="", destination_parameters="")
    named = given.given()
    changed = present
    if "type" in named:
        changed = msgspec.structs.replace(changed, destination_type=given.type or "")
    if "parameters" in named:
        changed = msgspec.structs.replace(changed, destination_parameters=_parameters(given.parameters or ""))
    return changed


def _cron(text: str) -> str:
    """Five fields, as crontab(5) reads them; empty for none."""
    from cronsim import CronSim, CronSimError  # noqa: PLC0415 - only workflow agents need it

    cleaned = " ".join(text.split())
    if not cleaned:
        return ""
    problem = f"This is no crontab of five fields: {cleaned[:_LONGEST_CRON]!r}."
    if len(cleaned) > _LONGEST_CRON or len(cleaned.split()) != _CRON_FIELDS:
        raise InvalidInput(fields={"workflow_params.polling_frequency_cron": [problem]})
    try:
        CronSim(cleaned, _MOMENT)
    except CronSimError as error:
        raise InvalidInput(fields={"workflow_params.polling_frequency_cron": [f"{problem} {error}."]}) from None
    return cleaned


def _parameters(text: str) -> str:
    if not text.strip():
        return ""
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        raise InvalidInput(fields={"workflow_params.destination.parameters": ["This is no JSON text."]}) from None
    return text
