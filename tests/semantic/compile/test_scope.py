"""Which fields somebody sees, and under which names."""

from semantic.compile.desk import Desk
from semantic.compile.shop import open_shop
from tertulia.core.query import UserAttribute
from tertulia.semantic.compile.scope import may_see, queryable_fields, visible_fields
from tertulia.semantic.lookml.model import FieldKind

FINANCE = {"department": UserAttribute(name="department", values=["finance"])}


def test_fields_are_seen_by_their_full_names_in_the_order_they_were_written(shop: Desk) -> None:
    seen = visible_fields(shop.model, shop.model.explores["purchases"], {})
    assert next(iter(seen)) == "purchases.id"
    assert list(dict.fromkeys(each.alias for each in seen.values())) == ["purchases", "riders", "lines", "parts"]
    assert seen["purchases.bought_month"].label == "Purchases Bought Month"
    assert seen["lines.takings"].kind is FieldKind.MEASURE


def test_hidden_and_withheld_fields_are_not_seen(shop: Desk) -> None:
    explore = shop.model.explores["lines"]
    seen = visible_fields(shop.model, explore, {})
    assert "purchases.rider_id" not in seen
    assert "purchases.rider_id" in queryable_fields(shop.model, explore, {})
    withheld = {"parts.cost", "parts.total_cost", "lines.margin", "lines.gross_margin"}
    assert not withheld & set(seen)
    assert withheld <= set(visible_fields(shop.model, explore, FINANCE))


def test_lists_of_fields_narrow_what_is_seen() -> None:
    desk = open_shop(
        "explore: short { view_name: purchases fields: [ALL_FIELDS*, -purchases.status] join: riders"
        " { fields: [riders.name] sql_on: ${purchases.rider_id} = ${riders.id} ;; } }"
    )
    seen = visible_fields(desk.model, desk.model.explores["short"], {})
    assert "purchases.status" not in seen
    assert [name for name in seen if name.startswith("riders.")] == ["riders.name"]


def test_a_view_is_seen_under_the_name_the_explore_gives_it() -> None:
    desk = open_shop(
        "explore: pairs { from: riders join: friend { from: riders sql_on: ${pairs.id} = ${friend.id} ;; } }"
    )
    seen = visible_fields(desk.model, desk.model.explores["pairs"], {})
    assert {name.partition(".")[0] for name in seen} == {"pairs", "friend"}
    assert seen["friend.name"].view.name == "riders"


def test_an_explore_is_seen_where_all_its_grants_hold() -> None:
    desk = open_shop(
        'access_grant: is_boss { user_attribute: role allowed_values: ["boss"] }\n'
        "explore: secret { view_name: riders required_access_grants: [sees_costs, is_boss] }"
    )
    secret = desk.model.explores["secret"]
    both = {**FINANCE, "role": UserAttribute(name="role", values=["boss"])}
    assert may_see(desk.model, secret, both)
    assert not may_see(desk.model, secret, FINANCE)
    assert not may_see(desk.model, secret, {})
