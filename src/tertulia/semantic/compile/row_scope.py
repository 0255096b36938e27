"""Which rows of an explore somebody is shown, as a digest: the same for two people who are shown the same."""

import hashlib
from collections.abc import Mapping

import msgspec

from tertulia.core.query import UserAttribute
from tertulia.semantic.lookml.model import Explore, Model


def row_scope(model: Model, explore: Explore, attributes: Mapping[str, UserAttribute]) -> str:
    """A digest of the attributes that decide which rows this explore shows; "" where none does."""
    names = {each.user_attribute for each in explore.access_filters}
    if b"_user_attributes" in msgspec.json.encode([explore, model.views]):
        names |= set(attributes)
    if not names:
        return ""
    deciding = {name: attributes.get(name) for name in sorted(names)}
    return hashlib.sha256(msgspec.json.encode(deciding, order="deterministic")).hexdigest()[:32]
