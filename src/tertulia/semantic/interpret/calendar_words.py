"""Months, units and other words of the calendar."""

UNITS = {
    "second": "second",
    "minute": "minute",
    "hour": "hour",
    "day": "day",
    "week": "week",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "fiscal quarter": "fiscal quarter",
    "fiscal year": "fiscal year",
}
MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"),
            ("february", "feb"),
            ("march", "mar"),
            ("april", "apr"),
            ("may",),
            ("june", "jun"),
            ("july", "jul"),
            ("august", "aug"),
            ("september", "sep", "sept"),
            ("october", "oct"),
            ("november", "nov"),
            ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}
UNSURE_MONTHS = frozenset({"may", "mar", "march", "dec", "jan", "sep"})
"""Also other words or shortened names: only months beside a year, a day or a preposition of time."""

ORDINALS = {"first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
WEEKDAY_GROUPS = {
    "weekend": ("Saturday", "Sunday"),
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
}
TRENDS = {
    "hourly": "hour",
    "daily": "date",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
    "yearly": "year",
    "annual": "year",
    "annually": "year",
}
TIMEFRAMES: dict[tuple[str, ...], str] = {
    ("hour",): "hour",
    ("day",): "date",
    ("date",): "date",
    ("calendar", "day"): "date",
    ("week",): "week",
    ("calendar", "week"): "week",
    ("month",): "month",
    ("calendar", "month"): "month",
    ("quarter",): "quarter",
    ("year",): "year",
    ("calendar", "year"): "year",
    ("fiscal", "year"): "fiscal_year",
    ("fiscal", "quarter"): "fiscal_quarter",
    ("day", "of", "week"): "day_of_week",
    ("day", "of", "the", "week"): "day_of_week",
    ("weekday",): "day_of_week",
    ("hour", "of", "day"): "hour_of_day",
    ("hour", "of", "the", "day"): "hour_of_day",
    ("month", "of", "year"): "month_name",
    ("month", "of", "the", "year"): "month_name",
    ("month", "name"): "month_name",
    ("day", "of", "month"): "day_of_month",
    ("day", "of", "the", "month"): "day_of_month",
    ("week", "of", "year"): "week_of_year",
    ("week", "of", "the", "year"): "week_of_year",
    ("quarter", "of", "year"): "quarter_of_year",
    ("quarter", "of", "the", "year"): "quarter_of_year",
}
"""Stems of what a breakdown by time is called, and LookML's timeframe."""
