"""An agent as the text of a LookML block."""

import re

from tertulia.core.agent import Agent


def agent_lookml(agent: Agent) -> str:
    """Its explores stand in comments: the block has no parameter for them."""
    lines = [f"# explore: {_on_one_line(source.model)}/{_on_one_line(source.explore)}" for source in agent.sources]
    lines.append(f"agent: {_name(agent)} {{")
    lines.append(f"  label: {_text(agent.name)}")
    if agent.description:
        lines.append(f"  description: {_text(agent.description)}")
    if agent.instructions:
        lines.append(f"  instructions: {_text(agent.instructions)}")
    lines.append(f"  is_dashboard_agent: {_yesno(is_on=agent.category == 'dashboard')}")
    lines.append(f"  advanced_analytics: {_yesno(is_on=agent.can_run_code)}")
    lines.append(f"  show_thinking: {_yesno(is_on=agent.wire_fields.get('show_analytical_details') is True)}")
    lines.append(f"  show_debuginfo: {_yesno(is_on=agent.wire_fields.get('show_debug') is True)}")
    return "\n".join([*lines, "}", ""])


def _name(agent: Agent) -> str:
    """Small letters, digits and underscores; the agent's id where its name has none of them."""
    name = re.sub(r"[^a-z0-9]+", "_", agent.name.lower()).strip("_")
    return name or f"agent_{agent.id.replace('-', '_')}"


def _text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _yesno(*, is_on: bool) -> str:
    return "yes" if is_on else "no"
