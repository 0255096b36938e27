"""ClickHouse. A point in time is a DateTime64 shown in UTC, which must be the stored zone: its types are instants.

Its own functions that cut a DateTime64 give types which begin in 1970; what is cut here goes by way of text.
"""

from tertulia.semantic.engines.phrasebook import SQL_WORDS, Phrasebook, each_unit, words

CLICKHOUSE = Phrasebook(
    dialect="clickhouse",
    reserved=SQL_WORDS | words("anti asof final format global ilike prewhere sample settings"),
    plain_name=r"[A-Za-z_][A-Za-z0-9_]*",
    as_text="toString({x})",
    as_number="toFloat64({x})",
    lowered="lowerUTF8({x})",
    is_same="isNotDistinctFrom({a}, {b})",
    like_escaped="{x} LIKE {t}",
    escape="\\",
    day="toDate32({t})",
    moment="toDateTime64({t}, 6, 'UTC')",
    moments_from={
        "datetime": "toDateTime64({x}, 6, 'UTC')",
        "timestamp": "toDateTime64({x}, 6, 'UTC')",
        "date": "toDateTime64({x}, 6, 'UTC')",
        "epoch": "toDateTime64({x}, 6, 'UTC')",
        "yyyymmdd": "toDateTime64(YYYYMMDDToDate32(toUInt32({x})), 6, 'UTC')",
    },
    converted="toDateTime64(toString(toTimeZone(toDateTime64(toString({x}), 6, {z}), {w})), 6, 'UTC')",
    date="toDate32({x})",
    truncated={
        "MILLISECOND": "toDateTime64(toDateTime64({x}, 3, 'UTC'), 6, 'UTC')",
        "SECOND": "toDateTime64(formatDateTime({x}, '%Y-%m-%d %H:%i:%S'), 6, 'UTC')",
        "MINUTE": "toDateTime64(formatDateTime({x}, '%Y-%m-%d %H:%i:00'), 6, 'UTC')",
        "HOUR": "toDateTime64(formatDateTime({x}, '%Y-%m-%d %H:00:00'), 6, 'UTC')",
        "MONTH": "toDateTime64(formatDateTime({x}, '%Y-%m-01 00:00:00'), 6, 'UTC')",
    },
    part={
        "SECOND": "toSecond({x})",
        "MINUTE": "toMinute({x})",
        "HOUR": "toHour({x})",
        "DAY": "toDayOfMonth({x})",
        "MONTH": "toMonth({x})",
        "QUARTER": "toQuarter({x})",
        "YEAR": "toYear({x})",
    },
    milliseconds="toMillisecond({x})",
    weekday="toDayOfWeek({x})",
    week_of_year="toISOWeek({x})",
    day_of_year="toDayOfYear({x})",
    unixtime="DATE_DIFF(SECOND, toDateTime64('1970-01-01 00:00:00', 6, 'UTC'), {x})",
    monday="addDays({d}, 1 - toDayOfWeek({d}))",
    plus=each_unit("DATE_ADD([unit], {n}, {x})"),
    plus_days="addDays({d}, {n})",
    microseconds="DATE_DIFF(MICROSECOND, {a}, {b})",
    shown={
        "month": "formatDateTime({x}, '%Y-%m')",
        "hour": "formatDateTime({x}, '%Y-%m-%d %H')",
        "minute": "formatDateTime({x}, '%Y-%m-%d %H:%i')",
        "second": "formatDateTime({x}, '%Y-%m-%d %H:%i:%S')",
        "time_of_day": "formatDateTime({x}, '%H:%i')",
        "millisecond": "toString(toDateTime64({x}, 3, 'UTC'))",
        "microsecond": "toString(toDateTime64({x}, 6, 'UTC'))",
    },
    remainder="({a}) % ({b})",
    quotient="intDiv({a}, {b})",
    percentile="quantileExactInclusive({f})(toFloat64({x}))",
    distinct_list="nullIf(arrayStringConcat(arraySort(groupUniqArray(toString({x}))), ', '), '')",
    approximate_distinct="uniq({x})",
)
