"""The co-operative's shop as data: eleven tables and two years of trade, the same at every making."""

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeAlias

from msgspec import Struct

from tertulia.demo.catalogue import BRANDS, CAMPAIGNS, CITIES, GOODS, NAMES, REASONS, SITES, SOURCES, SURNAMES

FIRST_DAY = date(2024, 7, 1)
LAST_DAY = date(2026, 6, 30)
_SEED = 20240701
_CUSTOMERS = 2_400
_ORDERS = 6_200
_VISITS = 16_000
_TABLES = {
    "sites": "site_id INTEGER, name VARCHAR, city VARCHAR, opened_on DATE",
    "customers": "customer_id INTEGER, first_name VARCHAR, last_name VARCHAR, email VARCHAR, gender VARCHAR, "
    "age INTEGER, city VARCHAR, country VARCHAR, is_member BOOLEAN, joined_at TIMESTAMP",
    "brands": "brand_id INTEGER, name VARCHAR, country VARCHAR",
    "products": "product_id INTEGER, name VARCHAR, category VARCHAR, brand_id INTEGER, list_price DECIMAL(10,2), "
    "unit_cost DECIMAL(10,2), is_active BOOLEAN",
    "campaigns": "campaign_id INTEGER, name VARCHAR, channel VARCHAR, budget DECIMAL(10,2), starts_on DATE, "
    "ends_on DATE",
    "orders": "order_id INTEGER, customer_id INTEGER, site_id INTEGER, campaign_id INTEGER, channel VARCHAR, "
    "status VARCHAR, ordered_at TIMESTAMP, shipped_at TIMESTAMP, delivered_at TIMESTAMP, shipping_fee DECIMAL(10,2)",
    "order_items": "order_item_id INTEGER, order_id INTEGER, product_id INTEGER, quantity INTEGER, "
    "unit_price DECIMAL(10,2), discount DECIMAL(10,2)",
    "returns": "return_id INTEGER, order_item_id INTEGER, returned_at TIMESTAMP, reason VARCHAR, refund DECIMAL(10,2)",
    "stock": "stock_id INTEGER, product_id INTEGER, site_id INTEGER, quantity INTEGER, counted_on DATE",
    "visits": "visit_id INTEGER, customer_id INTEGER, started_at TIMESTAMP, source VARCHAR, device VARCHAR, "
    "pages INTEGER, seconds INTEGER",
    "reviews": "review_id INTEGER, product_id INTEGER, customer_id INTEGER, rating INTEGER, posted_at TIMESTAMP",
}


Row: TypeAlias = tuple[Any, ...]
"""Values in the order of a table's columns."""


class _Product(Struct, frozen=True):
    number: int
    category: str
    price: float
    season: float


def build_shop(path: Path) -> None:
    """Writes the shop into a new DuckDB file, in place of one that is there."""
    import duckdb  # noqa: PLC0415 - heavy, and only the demo writes a database

    path.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        for name, rows in shop_rows().items():
            connection.execute(f"CREATE TABLE {name} ({_TABLES[name]})")
            columns = [list(column) for column in zip(*rows, strict=True)]
            marks = ", ".join("unnest(?)" for _ in columns)
            connection.execute(f"INSERT INTO {name} SELECT {marks}", columns)


def shop_rows() -> dict[str, list[Row]]:
    """Every table's rows, in the order of its columns."""
    dice = Random(_SEED)  # noqa: S311 - the same numbers every time are the point
    goods = list(_goods())
    customers = list(_customers(dice))
    orders, items, returns = _trade(dice, goods, customers)
    customers = _joined_in_time(customers, orders)
    return {
        "sites": [(at, name, city, opened) for at, (name, city, opened) in enumerate(SITES, start=1)],
        "customers": customers,
        "brands": [(at, name, country) for at, (name, country) in enumerate(BRANDS, start=1)],
        "products": _products(dice),
        "campaigns": [(at, *each) for at, each in enumerate(CAMPAIGNS, start=1)],
        "orders": orders,
        "order_items": items,
        "returns": returns,
        "stock": _stock(dice, goods),
        "visits": _visits(dice, customers),
        "reviews": _reviews(dice, items, orders),
    }


def _goods() -> Iterable[_Product]:
    for number, (_, category, _, price) in enumerate(GOODS, start=1):
        season = {"Bikes": 0.5, "Clothing": -0.2, "Lights": -0.6, "Child seats": 0.4}.get(category, 0.1)
        yield _Product(number, category, price, season)


def _products(dice: Random) -> list[Row]:
    brands = {name: at for at, (name, _) in enumerate(BRANDS, start=1)}
    return [
        (number, name, category, brands[brand], price, round(price * dice.uniform(0.48, 0.7), 2), number % 17 != 0)
        for number, (name, category, brand, price) in enumerate(GOODS, start=1)
    ]


def _customers(dice: Random) -> Iterable[Row]:
    """No two of one name: a second surname tells those apart who would share theirs."""
    namesakes: dict[tuple[str, str], int] = {}
    for number in range(1, _CUSTOMERS + 1):
        first, gender = dice.choice(NAMES)
        last = dice.choice(SURNAMES)
        before = namesakes.get((first, last), 0)
        namesakes[first, last] = before + 1
        if before:
            last = f"{last}-{SURNAMES[(SURNAMES.index(last) + before) % len(SURNAMES)]}"
        city, country = dice.choices([place[:2] for place in CITIES], [place[2] for place in CITIES])[0]
        joined = _moment(dice, FIRST_DAY - timedelta(days=700), LAST_DAY)
        age = min(84, max(16, round(dice.gauss(41, 14)))) if dice.random() > 0.03 else None
        email = f"{first}.{last}{number}@example.org".lower().replace(" ", "")
        yield number, first, last, email, gender, age, city, country, dice.random() < 0.38, joined


def _joined_in_time(customers: Sequence[Row], orders: Sequence[Row]) -> list[Row]:
    """Nobody orders before they have an account."""
    first: dict[int, datetime] = {}
    for order in orders:
        first.setdefault(order[1], order[6])
    joined = [min(each[9], first.get(each[0], each[9])) for each in customers]
    return [(*each[:9], when) for each, when in zip(customers, joined, strict=True)]


def _trade(dice: Random, goods: Sequence[_Product], customers: Sequence[Row]) -> tuple[list[Row], list[Row], list[Row]]:
    orders: list[Row] = []
    items: list[Row] = []
    returns: list[Row] = []
    for number, day in enumerate(sorted(_busy_day(dice) for _ in range(_ORDERS)), start=1):
        order = _order(dice, number, day, customers)
        orders.append(order)
        season = math.sin((day.timetuple().tm_yday - 80) / 365 * 2 * math.pi)
        weights = [max(0.05, (1 + good.season * season) * (60 / (good.price + 25)) ** 0.5) for good in goods]
        for good in dice.choices(goods, weights, k=dice.choices([1, 2, 3, 4], [55, 27, 12, 6])[0]):
            quantity = 1 if good.price > 150 else dice.choices([1, 2, 3], [78, 17, 5])[0]
            discount = round(good.price * quantity * dice.choice([0.05, 0.1, 0.2]), 2) if dice.random() < 0.18 else 0.0
            items.append((len(items) + 1, number, good.number, quantity, good.price, discount))
            if order[5] == "Delivered" and dice.random() < 0.07:
                back = order[8] + timedelta(days=dice.randint(1, 25), minutes=dice.randint(0, 600))
                if back.date() <= LAST_DAY:
                    refund = round(good.price * quantity - discount, 2)
                    returns.append((len(returns) + 1, len(items), back, dice.choice(REASONS), refund))
    return orders, items, returns


def _order(dice: Random, number: int, day: date, customers: Sequence[Row]) -> Row:
    customer = customers[int(len(customers) * dice.random() ** 1.6)]
    ordered = datetime.combine(day, time(8)) + timedelta(minutes=dice.randint(0, 12 * 60 - 1))
    channel = dice.choices(["Online", "In store", "Phone"], [58, 37, 5])[0]
    site = dice.choices(range(1, len(SITES) + 1), [40, 28, 20, 12])[0]
    running = [at for at, each in enumerate(CAMPAIGNS, start=1) if each[3] <= day <= each[4]]
    campaign = dice.choice(running) if running and dice.random() < 0.35 else None
    status = dice.choices(["Delivered", "Cancelled"], [93, 7])[0]
    shipped = ordered + timedelta(hours=dice.randint(4, 70)) if channel != "In store" else ordered
    delivered = shipped + timedelta(hours=dice.randint(20, 120)) if channel != "In store" else ordered
    if status == "Cancelled":
        shipped = delivered = None
    elif delivered.date() > LAST_DAY:
        status, delivered = ("Shipped", None) if shipped.date() <= LAST_DAY else ("Processing", None)
        shipped = shipped if status == "Shipped" else None
    fee = 0.0 if channel == "In store" else dice.choice([0.0, 4.9, 4.9, 7.5])
    return number, customer[0], site, campaign, channel, status, ordered, shipped, delivered, fee


def _stock(dice: Random, goods: Sequence[_Product]) -> list[Row]:
    rows: list[Row] = []
    for good in goods:
        for site in range(1, len(SITES) + 1):
            if dice.random() < 0.8:
                most = 6 if good.price > 300 else 45
                rows.append((len(rows) + 1, good.number, site, dice.randint(0, most), LAST_DAY))
    return rows


def _visits(dice: Random, customers: Sequence[Row]) -> list[Row]:
    moments = sorted(_moment(dice, FIRST_DAY, LAST_DAY) for _ in range(_VISITS))
    rows: list[Row] = []
    for number, moment in enumerate(moments, start=1):
        customer = dice.choice(customers)[0] if dice.random() < 0.45 else None
        source = dice.choices(SOURCES, [44, 21, 17, 12, 6])[0]
        device = dice.choices(["Phone", "Computer", "Tablet"], [61, 32, 7])[0]
        pages = max(1, round(dice.expovariate(0.22)))
        rows.append((number, customer, moment, source, device, pages, pages * dice.randint(8, 70)))
    return rows


def _reviews(dice: Random, items: Sequence[Row], orders: Sequence[Row]) -> list[Row]:
    rows: list[Row] = []
    for item in items:
        order: Row = orders[int(item[1]) - 1]
        if order[8] is not None and dice.random() < 0.16:
            posted = order[8] + timedelta(days=dice.randint(2, 40))
            if posted.date() <= LAST_DAY:
                rating = dice.choices([1, 2, 3, 4, 5], [4, 6, 14, 35, 41])[0]
                rows.append((len(rows) + 1, item[2], order[1], rating, posted))
    return rows


def _busy_day(dice: Random) -> date:
    """More in summer, on Saturdays, and more every month."""
    while True:
        at = dice.randrange((LAST_DAY - FIRST_DAY).days + 1)
        day = FIRST_DAY + timedelta(days=at)
        season = 1 + 0.35 * math.sin((day.timetuple().tm_yday - 80) / 365 * 2 * math.pi)
        weight = season * (1 + at / 2_000) * {5: 1.4, 6: 0.6}.get(day.weekday(), 1.0)
        if dice.random() < weight / 2.8:
            return day


def _moment(dice: Random, first: date, last: date) -> datetime:
    day = first + timedelta(days=dice.randrange((last - first).days + 1))
    return datetime.combine(day, time()) + timedelta(seconds=dice.randrange(86_400))
