"""What people read: labels as they are written, or made of names."""

from tertulia.semantic.lookml.model import Explore, Field, Join, Model, View

_CAPITALS = {"id": "ID"}
_SMALL = frozenset({"of"})


def pretty(name: str) -> str:
    """`order_id` reads "Order ID"."""
    return " ".join(_CAPITALS.get(word.lower(), word[:1].upper() + word[1:]) for word in name.split("_") if word)


def label_of(field: Field) -> str:
    """Without the view: "Order ID", "Created Month", "Days Since Signup"."""
    if field.group and field.interval:
        return f"{pretty(field.interval)}s {_own(field, field.group)}".strip()
    if field.group and field.timeframe:
        return f"{_own(field, field.group)} {_timeframe(field.timeframe)}".strip()
    return _own(field, field.name)


def group_label_of(field: Field) -> str:
    """What the field stands under within its view; a dimension group is a heading of its own. "" for none."""
    if field.group_label:
        return field.group_label.strip()
    if field.group and field.interval:
        return f"Duration {_own(field, field.group)}"
    return f"{_own(field, field.group)} Date" if field.group else ""


def view_label(explore: Explore, alias: str, view: View) -> str:
    join: Join | None = explore.joins.get(alias)
    written = join.view_label if join is not None else (explore.view_label if alias == explore.base else "")
    return written.strip() or view.label.strip() or pretty(alias)


def field_label(explore: Explore, alias: str, view: View, field: Field) -> str:
    """With the view as the explore calls it: "Order Items Created Month"."""
    return f"{field.view_label.strip() or view_label(explore, alias, view)} {label_of(field)}"


def explore_label(explore: Explore) -> str:
    return explore.label.strip() or pretty(explore.name)


def model_label(model: Model) -> str:
    return model.label.strip() or pretty(model.name)


def _own(field: Field, name: str) -> str:
    return field.label.strip() or pretty(name)


def _timeframe(name: str) -> str:
    return " ".join(word if word in _SMALL else pretty(word) for word in name.split("_"))
