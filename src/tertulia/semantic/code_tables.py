"""What the code sandbox lacks for work on tables: it is fed this file before the code, and so it must do without much.

Rows are dictionaries. None is no value: it is left out wherever numbers are put together, and an empty list gives None.
"""

from typing import Any


def numbers(values: Any) -> list[Any]:
    """The values that are there."""
    return [value for value in values if value is not None]


def column(rows: Any, name: str) -> list[Any]:
    return [row[name] for row in rows]


def mean(values: Any) -> Any:
    found = numbers(values)
    return sum(found) / len(found) if found else None


def quantile(values: Any, fraction: float) -> Any:
    """Between the two nearest values in proportion, as most tools do it. `fraction` is 0 to 1."""
    if not 0 <= fraction <= 1:
        raise ValueError("fraction must be between 0 and 1")
    found = sorted(numbers(values))
    if not found:
        return None
    place = (len(found) - 1) * fraction
    low = int(place)
    high = min(low + 1, len(found) - 1)
    return found[low] + (found[high] - found[low]) * (place - low)


def median(values: Any) -> Any:
    return quantile(values, 0.5)


def variance(values: Any) -> Any:
    """Of a sample: divided by one less than the count. None for fewer than two values."""
    found = numbers(values)
    if len(found) < 2:
        return None
    middle = sum(found) / len(found)
    return sum([(value - middle) ** 2 for value in found]) / (len(found) - 1)


def stdev(values: Any) -> Any:
    spread = variance(values)
    return None if spread is None else spread**0.5


def correlation(xs: Any, ys: Any) -> Any:
    """Pearson's, over the pairs where both values are there. None where one side does not vary."""
    pairs = [(x, y) for x, y in zip(xs, ys) if x is not None and y is not None]  # noqa: B905 - not in the sandbox
    if len(pairs) < 2:
        return None
    x_mean = sum([x for x, _ in pairs]) / len(pairs)
    y_mean = sum([y for _, y in pairs]) / len(pairs)
    both = sum([(x - x_mean) * (y - y_mean) for x, y in pairs])
    x_spread = sum([(x - x_mean) ** 2 for x, _ in pairs])
    y_spread = sum([(y - y_mean) ** 2 for _, y in pairs])
    return both / (x_spread * y_spread) ** 0.5 if x_spread and y_spread else None


def group_by(rows: Any, *names: str) -> dict[Any, list[Any]]:
    """Rows by the value of a column, or by the tuple of the values of several, in the order of their coming."""
    groups: dict[Any, list[Any]] = {}
    for row in rows:
        key = row[names[0]] if len(names) == 1 else tuple([row[name] for name in names])
        if key not in groups:
            groups[key] = []
        groups[key].append(row)
    return groups


def aggregate(rows: Any, by: Any, **columns: Any) -> list[dict[str, Any]]:
    """One row per group: `aggregate(rows, by="country", revenue=("amount", sum), orders=("id", len))`. Where no row of
    a group has a value, nothing but `len` has a result.
    """
    names = [by] if isinstance(by, str) else list(by)
    result: list[dict[str, Any]] = []
    for group in group_by(rows, *names).values():
        made: dict[str, Any] = {name: group[0][name] for name in names}
        for title, (name, way) in columns.items():
            found = numbers(column(group, name))
            made[title] = way(found) if found or way is len else None
        result.append(made)
    return result


def sort_by(rows: Any, name: str, *, descending: bool = False) -> list[Any]:
    """Rows without a value come last either way."""
    present = [row for row in rows if row[name] is not None]
    absent = [row for row in rows if row[name] is None]
    return sorted(present, key=lambda row: row[name], reverse=descending) + absent


def join_rows(left: Any, right: Any, on: str) -> list[dict[str, Any]]:
    """Every row of `left` with each row of `right` of the same value; without one it stays as it is."""
    matches = group_by([row for row in right if row[on] is not None], on)
    return [{**row, **match} for row in left for match in matches.get(row[on], [{}])]


def shares(values: Any) -> list[Any]:
    """Each value's part of their sum."""
    total = sum(numbers(values))
    return [None if value is None or not total else value / total for value in values]


def cumulative(values: Any) -> list[Any]:
    running: Any = 0
    result: list[Any] = []
    for value in values:
        running = running + (0 if value is None else value)
        result.append(running)
    return result


def changes(values: Any) -> list[Any]:
    """How much each value is above the one before it, as a part of that one. None where there is no such part."""
    result: list[Any] = []
    before: Any = None
    for value in values:
        result.append(None if value is None or not before else (value - before) / before)
        before = value
    return result


def moving_average(values: Any, size: int) -> list[Any]:
    """Of each value and those before it, `size` in all; None until there are so many."""
    if size < 1:
        raise ValueError("size must be at least 1")
    found = list(values)
    return [None if end < size else mean(found[end - size : end]) for end in range(1, len(found) + 1)]


def linear_fit(xs: Any, ys: Any) -> Any:
    """Slope and intercept of the line of least squares, None where there is none."""
    pairs = [(x, y) for x, y in zip(xs, ys) if x is not None and y is not None]  # noqa: B905 - not in the sandbox
    if len(pairs) < 2:
        return None
    x_mean = sum([x for x, _ in pairs]) / len(pairs)
    y_mean = sum([y for _, y in pairs]) / len(pairs)
    spread = sum([(x - x_mean) ** 2 for x, _ in pairs])
    if not spread:
        return None
    slope = sum([(x - x_mean) * (y - y_mean) for x, y in pairs]) / spread
    return slope, y_mean - slope * x_mean
