-- timeframe raw
orders.created_at

-- timeframe yesno
(NOT ((orders.created_at) IS NULL))

-- timeframe time
toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:%S'), 6, 'UTC')

-- timeframe time_of_day
formatDateTime(orders.created_at, '%H:%i')

-- timeframe hour
formatDateTime(orders.created_at, '%Y-%m-%d %H')

-- timeframe hour_of_day
toHour(orders.created_at)

-- timeframe hour2
DATE_ADD(HOUR, -(toHour(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:00:00'), 6, 'UTC')) % 2), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:00:00'), 6, 'UTC'))

-- timeframe hour3
DATE_ADD(HOUR, -(toHour(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:00:00'), 6, 'UTC')) % 3), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:00:00'), 6, 'UTC'))

-- timeframe hour4
DATE_ADD(HOUR, -(toHour(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:00:00'), 6, 'UTC')) % 4), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:00:00'), 6, 'UTC'))

-- timeframe hour6
DATE_ADD(HOUR, -(toHour(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:00:00'), 6, 'UTC')) % 6), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:00:00'), 6, 'UTC'))

-- timeframe hour8
DATE_ADD(HOUR, -(toHour(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:00:00'), 6, 'UTC')) % 8), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:00:00'), 6, 'UTC'))

-- timeframe hour12
DATE_ADD(HOUR, -(toHour(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:00:00'), 6, 'UTC')) % 12), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:00:00'), 6, 'UTC'))

-- timeframe minute
formatDateTime(orders.created_at, '%Y-%m-%d %H:%i')

-- timeframe minute2
DATE_ADD(MINUTE, -(toMinute(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC')) % 2), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC'))

-- timeframe minute3
DATE_ADD(MINUTE, -(toMinute(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC')) % 3), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC'))

-- timeframe minute4
DATE_ADD(MINUTE, -(toMinute(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC')) % 4), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC'))

-- timeframe minute5
DATE_ADD(MINUTE, -(toMinute(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC')) % 5), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC'))

-- timeframe minute6
DATE_ADD(MINUTE, -(toMinute(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC')) % 6), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC'))

-- timeframe minute10
DATE_ADD(MINUTE, -(toMinute(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC')) % 10), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC'))

-- timeframe minute12
DATE_ADD(MINUTE, -(toMinute(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC')) % 12), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC'))

-- timeframe minute15
DATE_ADD(MINUTE, -(toMinute(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC')) % 15), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC'))

-- timeframe minute20
DATE_ADD(MINUTE, -(toMinute(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC')) % 20), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC'))

-- timeframe minute30
DATE_ADD(MINUTE, -(toMinute(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC')) % 30), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:00'), 6, 'UTC'))

-- timeframe second
formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:%S')

-- timeframe second10
DATE_ADD(SECOND, -(toSecond(toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:%S'), 6, 'UTC')) % 10), toDateTime64(formatDateTime(orders.created_at, '%Y-%m-%d %H:%i:%S'), 6, 'UTC'))

-- timeframe millisecond
toString(toDateTime64(orders.created_at, 3, 'UTC'))

-- timeframe millisecond250
toString(toDateTime64(DATE_ADD(MILLISECOND, -(toMillisecond(toDateTime64(toDateTime64(orders.created_at, 3, 'UTC'), 6, 'UTC')) % 250), toDateTime64(toDateTime64(orders.created_at, 3, 'UTC'), 6, 'UTC')), 3, 'UTC'))

-- timeframe microsecond
toString(toDateTime64(orders.created_at, 6, 'UTC'))

-- timeframe unixtime
DATE_DIFF(SECOND, toDateTime64('1970-01-01 00:00:00', 6, 'UTC'), orders.created_at)

-- timeframe unixtime zone=America/New_York
DATE_DIFF(SECOND, toDateTime64('1970-01-01 00:00:00', 6, 'UTC'), toDateTime64(toString(toTimeZone(toDateTime64(toString(orders.created_at), 6, 'America/New_York'), 'UTC')), 6, 'UTC'))

-- timeframe date
toDate32(orders.created_at)

-- timeframe day_of_month
toDayOfMonth(orders.created_at)

-- timeframe day_of_year
toDayOfYear(orders.created_at)

-- timeframe week
addDays(toDate32(orders.created_at), 1 - toDayOfWeek(toDate32(orders.created_at)))

-- timeframe week week_start_day=tuesday
addDays(addDays(addDays(toDate32(orders.created_at), -1), 1 - toDayOfWeek(addDays(toDate32(orders.created_at), -1))), 1)

-- timeframe week week_start_day=wednesday
addDays(addDays(addDays(toDate32(orders.created_at), -2), 1 - toDayOfWeek(addDays(toDate32(orders.created_at), -2))), 2)

-- timeframe week week_start_day=thursday
addDays(addDays(addDays(toDate32(orders.created_at), -3), 1 - toDayOfWeek(addDays(toDate32(orders.created_at), -3))), 3)

-- timeframe week week_start_day=friday
addDays(addDays(addDays(toDate32(orders.created_at), -4), 1 - toDayOfWeek(addDays(toDate32(orders.created_at), -4))), 4)

-- timeframe week week_start_day=saturday
addDays(addDays(addDays(toDate32(orders.created_at), -5), 1 - toDayOfWeek(addDays(toDate32(orders.created_at), -5))), 5)

-- timeframe week week_start_day=sunday
addDays(addDays(addDays(toDate32(orders.created_at), -6), 1 - toDayOfWeek(addDays(toDate32(orders.created_at), -6))), 6)

-- timeframe week_of_year
toISOWeek(orders.created_at)

-- timeframe day_of_week
CASE toDayOfWeek(orders.created_at) WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday' WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday' WHEN 6 THEN 'Saturday' WHEN 7 THEN 'Sunday' END

-- timeframe day_of_week_index
((toDayOfWeek(orders.created_at) + 6) % 7)

-- timeframe day_of_week_index week_start_day=sunday
((toDayOfWeek(orders.created_at) + 0) % 7)

-- timeframe month
formatDateTime(orders.created_at, '%Y-%m')

-- timeframe month_num
toMonth(orders.created_at)

-- timeframe month_name
CASE toMonth(orders.created_at) WHEN 1 THEN 'January' WHEN 2 THEN 'February' WHEN 3 THEN 'March' WHEN 4 THEN 'April' WHEN 5 THEN 'May' WHEN 6 THEN 'June' WHEN 7 THEN 'July' WHEN 8 THEN 'August' WHEN 9 THEN 'September' WHEN 10 THEN 'October' WHEN 11 THEN 'November' WHEN 12 THEN 'December' END

-- timeframe fiscal_month_num fiscal_month_offset=3
toMonth(DATE_ADD(MONTH, -3, toDateTime64(formatDateTime(orders.created_at, '%Y-%m-01 00:00:00'), 6, 'UTC')))

-- timeframe fiscal_month_num fiscal_month_offset=-10
toMonth(DATE_ADD(MONTH, 10, toDateTime64(formatDateTime(orders.created_at, '%Y-%m-01 00:00:00'), 6, 'UTC')))

-- timeframe quarter
(toString(toYear(orders.created_at)) || '-Q' || toString(toQuarter(orders.created_at)))

-- timeframe quarter_of_year
('Q' || toString(toQuarter(orders.created_at)))

-- timeframe fiscal_quarter
('FY' || toString(toYear(orders.created_at)) || '-Q' || toString(toQuarter(orders.created_at)))

-- timeframe fiscal_quarter fiscal_month_offset=3
('FY' || toString(toYear(DATE_ADD(MONTH, -3, toDateTime64(formatDateTime(orders.created_at, '%Y-%m-01 00:00:00'), 6, 'UTC')))) || '-Q' || toString(toQuarter(DATE_ADD(MONTH, -3, toDateTime64(formatDateTime(orders.created_at, '%Y-%m-01 00:00:00'), 6, 'UTC')))))

-- timeframe fiscal_quarter_of_year fiscal_month_offset=3
('Q' || toString(toQuarter(DATE_ADD(MONTH, -3, toDateTime64(formatDateTime(orders.created_at, '%Y-%m-01 00:00:00'), 6, 'UTC')))))

-- timeframe year
toYear(orders.created_at)

-- timeframe fiscal_year fiscal_month_offset=3
('FY' || toString(toYear(DATE_ADD(MONTH, -3, toDateTime64(formatDateTime(orders.created_at, '%Y-%m-01 00:00:00'), 6, 'UTC')))))

-- elapsed second
intDiv(DATE_DIFF(MICROSECOND, toDateTime64(orders.created_at, 6, 'UTC'), toDateTime64(orders.shipped_at, 6, 'UTC')), 1000000)

-- elapsed minute
intDiv(DATE_DIFF(MICROSECOND, toDateTime64(orders.created_at, 6, 'UTC'), toDateTime64(orders.shipped_at, 6, 'UTC')), 60000000)

-- elapsed hour
intDiv(DATE_DIFF(MICROSECOND, toDateTime64(orders.created_at, 6, 'UTC'), toDateTime64(orders.shipped_at, 6, 'UTC')), 3600000000)

-- elapsed day
intDiv(DATE_DIFF(MICROSECOND, toDateTime64(orders.created_at, 6, 'UTC'), toDateTime64(orders.shipped_at, 6, 'UTC')), 86400000000)

-- elapsed week
intDiv(DATE_DIFF(MICROSECOND, toDateTime64(orders.created_at, 6, 'UTC'), toDateTime64(orders.shipped_at, 6, 'UTC')), 604800000000)

-- elapsed month
((toYear(toDateTime64(orders.shipped_at, 6, 'UTC')) - toYear(toDateTime64(orders.created_at, 6, 'UTC'))) * 12 + (toMonth(toDateTime64(orders.shipped_at, 6, 'UTC')) - toMonth(toDateTime64(orders.created_at, 6, 'UTC'))) + CASE WHEN toDateTime64(orders.shipped_at, 6, 'UTC') >= toDateTime64(orders.created_at, 6, 'UTC') AND DATE_DIFF(MICROSECOND, toDateTime64(formatDateTime(toDateTime64(orders.shipped_at, 6, 'UTC'), '%Y-%m-01 00:00:00'), 6, 'UTC'), toDateTime64(orders.shipped_at, 6, 'UTC')) < DATE_DIFF(MICROSECOND, toDateTime64(formatDateTime(toDateTime64(orders.created_at, 6, 'UTC'), '%Y-%m-01 00:00:00'), 6, 'UTC'), toDateTime64(orders.created_at, 6, 'UTC')) THEN -1 WHEN toDateTime64(orders.shipped_at, 6, 'UTC') < toDateTime64(orders.created_at, 6, 'UTC') AND DATE_DIFF(MICROSECOND, toDateTime64(formatDateTime(toDateTime64(orders.shipped_at, 6, 'UTC'), '%Y-%m-01 00:00:00'), 6, 'UTC'), toDateTime64(orders.shipped_at, 6, 'UTC')) > DATE_DIFF(MICROSECOND, toDateTime64(formatDateTime(toDateTime64(orders.created_at, 6, 'UTC'), '%Y-%m-01 00:00:00'), 6, 'UTC'), toDateTime64(orders.created_at, 6, 'UTC')) THEN 1 ELSE 0 END)

-- elapsed quarter
intDiv((toYear(toDateTime64(orders.shipped_at, 6, 'UTC')) - toYear(toDateTime64(orders.created_at, 6, 'UTC'))) * 12 + (toMonth(toDateTime64(orders.shipped_at, 6, 'UTC')) - toMonth(toDateTime64(orders.created_at, 6, 'UTC'))) + CASE WHEN toDateTime64(orders.shipped_at, 6, 'UTC') >= toDateTime64(orders.created_at, 6, 'UTC') AND DATE_DIFF(MICROSECOND, toDateTime64(formatDateTime(toDateTime64(orders.shipped_at, 6, 'UTC'), '%Y-%m-01 00:00:00'), 6, 'UTC'), toDateTime64(orders.shipped_at, 6, 'UTC')) < DATE_DIFF(MICROSECOND, toDateTime64(formatDateTime(toDateTime64(orders.created_at, 6, 'UTC'), '%Y-%m-01 00:00:00'), 6, 'UTC'), toDateTime64(orders.created_at, 6, 'UTC')) THEN -1 WHEN toDateTime64(orders.shipped_at, 6, 'UTC') < toDateTime64(orders.created_at, 6, 'UTC') AND DATE_DIFF(MICROSECOND, toDateTime64(formatDateTime(toDateTime64(orders.shipped_at, 6, 'UTC'), '%Y-%m-01 00:00:00'), 6, 'UTC'), toDateTime64(orders.shipped_at, 6, 'UTC')) > DATE_DIFF(MICROSECOND, toDateTime64(formatDateTime(toDateTime64(orders.created_at, 6, 'UTC'), '%Y-%m-01 00:00:00'), 6, 'UTC'), toDateTime64(orders.created_at, 6, 'UTC')) THEN 1 ELSE 0 END, 3)

-- elapsed year
intDiv((toYear(toDateTime64(orders.shipped_at, 6, 'UTC')) - toYear(toDateTime64(orders.created_at, 6, 'UTC'))) * 12 + (toMonth(toDateTime64(orders.shipped_at, 6, 'UTC')) - toMonth(toDateTime64(orders.created_at, 6, 'UTC'))) + CASE WHEN toDateTime64(orders.shipped_at, 6, 'UTC') >= toDateTime64(orders.created_at, 6, 'UTC') AND DATE_DIFF(MICROSECOND, toDateTime64(formatDateTime(toDateTime64(orders.shipped_at, 6, 'UTC'), '%Y-%m-01 00:00:00'), 6, 'UTC'), toDateTime64(orders.shipped_at, 6, 'UTC')) < DATE_DIFF(MICROSECOND, toDateTime64(formatDateTime(toDateTime64(orders.created_at, 6, 'UTC'), '%Y-%m-01 00:00:00'), 6, 'UTC'), toDateTime64(orders.created_at, 6, 'UTC')) THEN -1 WHEN toDateTime64(orders.shipped_at, 6, 'UTC') < toDateTime64(orders.created_at, 6, 'UTC') AND DATE_DIFF(MICROSECOND, toDateTime64(formatDateTime(toDateTime64(orders.shipped_at, 6, 'UTC'), '%Y-%m-01 00:00:00'), 6, 'UTC'), toDateTime64(orders.shipped_at, 6, 'UTC')) > DATE_DIFF(MICROSECOND, toDateTime64(formatDateTime(toDateTime64(orders.created_at, 6, 'UTC'), '%Y-%m-01 00:00:00'), 6, 'UTC'), toDateTime64(orders.created_at, 6, 'UTC')) THEN 1 ELSE 0 END, 12)

-- moment_from datetime
toDateTime64(orders.created_at, 6, 'UTC')

-- moment_from timestamp
toDateTime64(orders.created_at, 6, 'UTC')

-- moment_from date
toDateTime64(orders.created_at, 6, 'UTC')

-- moment_from epoch
toDateTime64(orders.created_at, 6, 'UTC')

-- moment_from yyyymmdd
toDateTime64(YYYYMMDDToDate32(toUInt32(orders.created_at)), 6, 'UTC')

-- converted UTC to America/New_York
toDateTime64(toString(toTimeZone(toDateTime64(toString(orders.created_at), 6, 'UTC'), 'America/New_York')), 6, 'UTC')

-- converted Europe/Berlin to UTC
toDateTime64(toString(toTimeZone(toDateTime64(toString(orders.created_at), 6, 'Europe/Berlin'), 'UTC')), 6, 'UTC')

-- percentile 0.5
quantileExactInclusive(0.5)(toFloat64(orders.amount))

-- percentile 0.95
quantileExactInclusive(0.95)(toFloat64(orders.amount))

-- distinct_list
nullIf(arrayStringConcat(arraySort(groupUniqArray(toString(orders.name))), ', '), '')

-- approximate_distinct
uniq(orders.name)

-- as_text
toString(orders.amount)

-- as_number
toFloat64(orders.amount)

-- like FOO%
orders.name LIKE 'FOO%'

-- like 50^%^_off\^^ O'Neil
orders.name LIKE '50\\%\\_off\\\\^ O''Neil'

-- like_any_case %foo_bar%
lowerUTF8(orders.name) LIKE lowerUTF8('%foo_bar%')

-- equals Germany
orders.name = 'Germany'

-- equals Germany|O'Neil|a\b
orders.name IN ('Germany', 'O''Neil', 'a\\b')

-- equals_any_case Germany|FRANCE
lowerUTF8(orders.name) IN (lowerUTF8('Germany'), lowerUTF8('FRANCE'))

-- is_same
isNotDistinctFrom(orders.name, users.name)

-- miles 36.97 -122.03
(2 * 3958.7613 * ATAN2(SQRT((POWER(SIN((toFloat64(lat) * 0.017453292519943295 - 0.6452482244623036) / 2), 2) + COS(toFloat64(lat) * 0.017453292519943295) * 0.7989505101669265 * POWER(SIN((toFloat64(lon) * 0.017453292519943295 - (-2.12982528620868)) / 2), 2))), SQRT(ABS(1 - (POWER(SIN((toFloat64(lat) * 0.017453292519943295 - 0.6452482244623036) / 2), 2) + COS(toFloat64(lat) * 0.017453292519943295) * 0.7989505101669265 * POWER(SIN((toFloat64(lon) * 0.017453292519943295 - (-2.12982528620868)) / 2), 2))))))

-- text it's
'it''s'

-- text back\slash "double" `tick` {brace} 50% _under
'back\\slash "double" `tick` {brace} 50% _under'

-- text x'); DROP TABLE users; --
'x''); DROP TABLE users; --'

-- number 12.5
12.5

-- number -3
(-3.0)

-- day 2024-02-29
toDate32('2024-02-29')

-- moment 2024-02-29 23:59:59
toDateTime64('2024-02-29 23:59:59', 6, 'UTC')

-- moment 2024-02-29 23:59:59.123456
toDateTime64('2024-02-29 23:59:59.123456', 6, 'UTC')

-- name orders.id
orders.id

-- name order.group
"order"."group"

-- name orders.created date
orders."created date"

-- name my-project.some"quote`both
"my-project"."some""quote`both"
