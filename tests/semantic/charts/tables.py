"""Tables of every shape a chart is made of."""

from tertulia.core.table import ROW_TOTAL, Column, ColumnKind, ColumnType, PivotKey, Table


def text_of(name: str) -> Column:
    return Column(name=name, label=_label(name), kind=ColumnKind.DIMENSION, type=ColumnType.STRING)


def time_of(name: str, timeframe: str) -> Column:
    kind = ColumnType.DATE if timeframe in ("date", "week") else ColumnType.STRING
    return Column(name=name, label=_label(name), kind=ColumnKind.DIMENSION, type=kind, timeframe=timeframe)


def number(name: str, value_format: str = "", pivot: str = "") -> Column:
    return Column(
        name=name,
        label=_label(name),
        kind=ColumnKind.MEASURE,
        type=ColumnType.NUMBER,
        value_format=value_format,
        pivot=pivot,
    )


def _label(name: str) -> str:
    return name.replace(".", " ").replace("_", " ").title()


COUNTRY = text_of("users.country")
CATEGORY = text_of("products.category")
MONTH = time_of("orders.created_month", "month")
COUNT = number("orders.count")
REVENUE = number("orders.revenue", "usd")
PROFIT = number("orders.profit", "usd")

MONTHS = ["2025-01", "2025-02", "2025-03"]
TABLES: dict[str, Table] = {
    "value": Table(columns=[REVENUE], rows=[[1234.5]]),
    "countries": Table(columns=[COUNTRY, REVENUE], rows=[["Germany", 5.5], ["France", 3], [None, 1]]),
    "many": Table(columns=[COUNTRY, COUNT], rows=[[f"Country {i}", i] for i in range(100)]),
    "months": Table(columns=[MONTH, COUNT], rows=[[month, i] for i, month in enumerate(MONTHS)]),
    "months by country": Table(
        columns=[MONTH, COUNTRY, COUNT],
        rows=[[month, country, 3] for month in MONTHS for country in ("Germany", "France")],
    ),
    "grid": Table(
        columns=[COUNTRY, CATEGORY, COUNT],
        rows=[[f"Country {i}", f"Category {j}", i * j] for i in range(9) for j in range(9)],
    ),
    "small grid": Table(
        columns=[COUNTRY, CATEGORY, COUNT],
        rows=[[f"C{i}", f"K{j}", i * j] for i in range(3) for j in range(3)],
    ),
    "two measures": Table(columns=[COUNTRY, REVENUE, PROFIT], rows=[["Germany", 5, 2], ["France", 4, 1]]),
    "two units": Table(columns=[COUNTRY, REVENUE, COUNT], rows=[["Germany", 5, 2], ["France", 4, 1]]),
    "cloud": Table(columns=[COUNTRY, REVENUE, COUNT], rows=[[f"C{i}", i * 1.5, i % 7] for i in range(60)]),
    "pivot": Table(
        columns=[
            COUNTRY,
            number("orders.count", pivot="a"),
            number("orders.count", pivot="b"),
            number("orders.count", pivot=ROW_TOTAL),
        ],
        rows=[["Germany", 1, 2, 3], ["France", 4, None, 4]],
        pivots=[PivotKey(key="a", values=["2024", True]), PivotKey(key="b", values=[None, False])],
    ),
    "pivot only": Table(
        columns=[number("orders.count", pivot="a"), number("orders.count", pivot="b")],
        rows=[[1, 2]],
        pivots=[PivotKey(key="a", values=["x"]), PivotKey(key="b", values=["y"])],
    ),
    "pivoted months": Table(
        columns=[MONTH, number("orders.count", pivot="a"), number("orders.count", pivot="b")],
        rows=[[month, 1, 2] for month in MONTHS],
        pivots=[PivotKey(key="a", values=["x"]), PivotKey(key="b", values=["y"])],
    ),
}
