"""Settings of agents that run by the clock: read and checked."""

from datetime import UTC, datetime

import msgspec
from msgspec import UNSET, UnsetType

from tertulia.core.agent import WorkflowChange
from tertulia.core.errors import InvalidInput
from tertulia.dialects.looker.bodies import GivenDestination, GivenWorkflow

_LONGEST_CRON = 200
_CRON_FIELDS = 5
_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


def workflow_change(given: GivenWorkflow) -> WorkflowChange:
    """Raises InvalidInput."""
    said = given.model_fields_set
    kind: str | UnsetType = UNSET
    parameters: str | UnsetType = UNSET
    if "destination" in said:
        # a null empties both
        destination = given.destination or GivenDestination(type=None, parameters=None)
        kind = (destination.type or "") if "type" in destination.model_fields_set else UNSET
        if "parameters" in destination.model_fields_set:
            parameters = _parameters(destination.parameters or "")
    return WorkflowChange(
        primary_agent_id=given.primary_agent or None if "primary_agent" in said else UNSET,
        cron=_cron(given.polling_frequency_cron or "") if "polling_frequency_cron" in said else UNSET,
        destination_type=kind,
        destination_parameters=parameters,
    )


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
