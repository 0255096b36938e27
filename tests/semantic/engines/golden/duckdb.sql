-- timeframe raw
orders.created_at

-- timeframe yesno
(NOT (orders.created_at) IS NULL)

-- timeframe time
DATE_TRUNC('SECOND', orders.created_at)

-- timeframe time_of_day
STRFTIME(orders.created_at, '%H:%M')

-- timeframe hour
STRFTIME(orders.created_at, '%Y-%m-%d %H')

-- timeframe hour_of_day
EXTRACT(HOUR FROM orders.created_at)

-- timeframe hour2
((DATE_TRUNC('HOUR', orders.created_at)) + TO_HOURS(CAST(-(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) % 2) AS INT)))

-- timeframe hour3
((DATE_TRUNC('HOUR', orders.created_at)) + TO_HOURS(CAST(-(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) % 3) AS INT)))

-- timeframe hour4
((DATE_TRUNC('HOUR', orders.created_at)) + TO_HOURS(CAST(-(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) % 4) AS INT)))

-- timeframe hour6
((DATE_TRUNC('HOUR', orders.created_at)) + TO_HOURS(CAST(-(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) % 6) AS INT)))

-- timeframe hour8
((DATE_TRUNC('HOUR', orders.created_at)) + TO_HOURS(CAST(-(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) % 8) AS INT)))

-- timeframe hour12
((DATE_TRUNC('HOUR', orders.created_at)) + TO_HOURS(CAST(-(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) % 12) AS INT)))

-- timeframe minute
STRFTIME(orders.created_at, '%Y-%m-%d %H:%M')

-- timeframe minute2
((DATE_TRUNC('MINUTE', orders.created_at)) + TO_MINUTES(CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 2) AS INT)))

-- timeframe minute3
((DATE_TRUNC('MINUTE', orders.created_at)) + TO_MINUTES(CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 3) AS INT)))

-- timeframe minute4
((DATE_TRUNC('MINUTE', orders.created_at)) + TO_MINUTES(CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 4) AS INT)))

-- timeframe minute5
((DATE_TRUNC('MINUTE', orders.created_at)) + TO_MINUTES(CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 5) AS INT)))

-- timeframe minute6
((DATE_TRUNC('MINUTE', orders.created_at)) + TO_MINUTES(CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 6) AS INT)))

-- timeframe minute10
((DATE_TRUNC('MINUTE', orders.created_at)) + TO_MINUTES(CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 10) AS INT)))

-- timeframe minute12
((DATE_TRUNC('MINUTE', orders.created_at)) + TO_MINUTES(CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 12) AS INT)))

-- timeframe minute15
((DATE_TRUNC('MINUTE', orders.created_at)) + TO_MINUTES(CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 15) AS INT)))

-- timeframe minute20
((DATE_TRUNC('MINUTE', orders.created_at)) + TO_MINUTES(CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 20) AS INT)))

-- timeframe minute30
((DATE_TRUNC('MINUTE', orders.created_at)) + TO_MINUTES(CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 30) AS INT)))

-- timeframe second
STRFTIME(orders.created_at, '%Y-%m-%d %H:%M:%S')

-- timeframe second10
((DATE_TRUNC('SECOND', orders.created_at)) + TO_SECONDS(CAST(-(EXTRACT(SECOND FROM DATE_TRUNC('SECOND', orders.created_at)) % 10) AS INT)))

-- timeframe millisecond
STRFTIME(orders.created_at, '%Y-%m-%d %H:%M:%S.%g')

-- timeframe millisecond250
STRFTIME((DATE_TRUNC('MILLISECOND', orders.created_at)) + TO_MILLISECONDS(CAST(-(EXTRACT(MILLISECOND FROM DATE_TRUNC('MILLISECOND', orders.created_at)) % 250) AS INT)), '%Y-%m-%d %H:%M:%S.%g')

-- timeframe microsecond
STRFTIME(orders.created_at, '%Y-%m-%d %H:%M:%S.%f')

-- timeframe unixtime
CAST(FLOOR(EPOCH(orders.created_at)) AS BIGINT)

-- timeframe unixtime zone=America/New_York
CAST(FLOOR(EPOCH((orders.created_at AT TIME ZONE 'America/New_York' AT TIME ZONE 'UTC'))) AS BIGINT)

-- timeframe date
CAST(orders.created_at AS DATE)

-- timeframe day_of_month
EXTRACT(DAY FROM orders.created_at)

-- timeframe day_of_year
EXTRACT(DAYOFYEAR FROM orders.created_at)

-- timeframe week
CAST(DATE_TRUNC('WEEK', CAST(orders.created_at AS DATE)) AS DATE)

-- timeframe week week_start_day=tuesday
(CAST(DATE_TRUNC('WEEK', CAST(orders.created_at AS DATE) + -1) AS DATE) + 1)

-- timeframe week week_start_day=wednesday
(CAST(DATE_TRUNC('WEEK', CAST(orders.created_at AS DATE) + -2) AS DATE) + 2)

-- timeframe week week_start_day=thursday
(CAST(DATE_TRUNC('WEEK', CAST(orders.created_at AS DATE) + -3) AS DATE) + 3)

-- timeframe week week_start_day=friday
(CAST(DATE_TRUNC('WEEK', CAST(orders.created_at AS DATE) + -4) AS DATE) + 4)

-- timeframe week week_start_day=saturday
(CAST(DATE_TRUNC('WEEK', CAST(orders.created_at AS DATE) + -5) AS DATE) + 5)

-- timeframe week week_start_day=sunday
(CAST(DATE_TRUNC('WEEK', CAST(orders.created_at AS DATE) + -6) AS DATE) + 6)

-- timeframe week_of_year
EXTRACT(WEEK FROM orders.created_at)

-- timeframe day_of_week
CASE EXTRACT(ISODOW FROM orders.created_at) WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday' WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday' WHEN 6 THEN 'Saturday' WHEN 7 THEN 'Sunday' END

-- timeframe day_of_week_index
((EXTRACT(ISODOW FROM orders.created_at) + 6) % 7)

-- timeframe day_of_week_index week_start_day=sunday
((EXTRACT(ISODOW FROM orders.created_at) + 0) % 7)

-- timeframe month
STRFTIME(orders.created_at, '%Y-%m')

-- timeframe month_num
EXTRACT(MONTH FROM orders.created_at)

-- timeframe month_name
CASE EXTRACT(MONTH FROM orders.created_at) WHEN 1 THEN 'January' WHEN 2 THEN 'February' WHEN 3 THEN 'March' WHEN 4 THEN 'April' WHEN 5 THEN 'May' WHEN 6 THEN 'June' WHEN 7 THEN 'July' WHEN 8 THEN 'August' WHEN 9 THEN 'September' WHEN 10 THEN 'October' WHEN 11 THEN 'November' WHEN 12 THEN 'December' END

-- timeframe fiscal_month_num fiscal_month_offset=3
EXTRACT(MONTH FROM (DATE_TRUNC('MONTH', orders.created_at)) + TO_MONTHS(CAST(-3 AS INT)))

-- timeframe fiscal_month_num fiscal_month_offset=-10
EXTRACT(MONTH FROM (DATE_TRUNC('MONTH', orders.created_at)) + TO_MONTHS(CAST(10 AS INT)))

-- timeframe quarter
(CAST(EXTRACT(YEAR FROM orders.created_at) AS TEXT) || '-Q' || CAST(EXTRACT(QUARTER FROM orders.created_at) AS TEXT))

-- timeframe quarter_of_year
('Q' || CAST(EXTRACT(QUARTER FROM orders.created_at) AS TEXT))

-- timeframe fiscal_quarter
('FY' || CAST(EXTRACT(YEAR FROM orders.created_at) AS TEXT) || '-Q' || CAST(EXTRACT(QUARTER FROM orders.created_at) AS TEXT))

-- timeframe fiscal_quarter fiscal_month_offset=3
('FY' || CAST(EXTRACT(YEAR FROM (DATE_TRUNC('MONTH', orders.created_at)) + TO_MONTHS(CAST(-3 AS INT))) AS TEXT) || '-Q' || CAST(EXTRACT(QUARTER FROM (DATE_TRUNC('MONTH', orders.created_at)) + TO_MONTHS(CAST(-3 AS INT))) AS TEXT))

-- timeframe fiscal_quarter_of_year fiscal_month_offset=3
('Q' || CAST(EXTRACT(QUARTER FROM (DATE_TRUNC('MONTH', orders.created_at)) + TO_MONTHS(CAST(-3 AS INT))) AS TEXT))

-- timeframe year
EXTRACT(YEAR FROM orders.created_at)

-- timeframe fiscal_year fiscal_month_offset=3
('FY' || CAST(EXTRACT(YEAR FROM (DATE_TRUNC('MONTH', orders.created_at)) + TO_MONTHS(CAST(-3 AS INT))) AS TEXT))

-- elapsed second
((EPOCH_US(CAST(orders.shipped_at AS TIMESTAMP)) - EPOCH_US(CAST(orders.created_at AS TIMESTAMP))) // 1000000)

-- elapsed minute
((EPOCH_US(CAST(orders.shipped_at AS TIMESTAMP)) - EPOCH_US(CAST(orders.created_at AS TIMESTAMP))) // 60000000)

-- elapsed hour
((EPOCH_US(CAST(orders.shipped_at AS TIMESTAMP)) - EPOCH_US(CAST(orders.created_at AS TIMESTAMP))) // 3600000000)

-- elapsed day
((EPOCH_US(CAST(orders.shipped_at AS TIMESTAMP)) - EPOCH_US(CAST(orders.created_at AS TIMESTAMP))) // 86400000000)

-- elapsed week
((EPOCH_US(CAST(orders.shipped_at AS TIMESTAMP)) - EPOCH_US(CAST(orders.created_at AS TIMESTAMP))) // 604800000000)

-- elapsed month
((EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP)) - EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP))) * 12 + (EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP)) - EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP))) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP) >= CAST(orders.created_at AS TIMESTAMP) AND (EPOCH_US(CAST(orders.shipped_at AS TIMESTAMP)) - EPOCH_US(DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)))) < (EPOCH_US(CAST(orders.created_at AS TIMESTAMP)) - EPOCH_US(DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)))) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP) < CAST(orders.created_at AS TIMESTAMP) AND (EPOCH_US(CAST(orders.shipped_at AS TIMESTAMP)) - EPOCH_US(DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)))) > (EPOCH_US(CAST(orders.created_at AS TIMESTAMP)) - EPOCH_US(DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)))) THEN 1 ELSE 0 END)

-- elapsed quarter
(((EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP)) - EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP))) * 12 + (EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP)) - EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP))) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP) >= CAST(orders.created_at AS TIMESTAMP) AND (EPOCH_US(CAST(orders.shipped_at AS TIMESTAMP)) - EPOCH_US(DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)))) < (EPOCH_US(CAST(orders.created_at AS TIMESTAMP)) - EPOCH_US(DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)))) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP) < CAST(orders.created_at AS TIMESTAMP) AND (EPOCH_US(CAST(orders.shipped_at AS TIMESTAMP)) - EPOCH_US(DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)))) > (EPOCH_US(CAST(orders.created_at AS TIMESTAMP)) - EPOCH_US(DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)))) THEN 1 ELSE 0 END) // 3)

-- elapsed year
(((EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP)) - EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP))) * 12 + (EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP)) - EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP))) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP) >= CAST(orders.created_at AS TIMESTAMP) AND (EPOCH_US(CAST(orders.shipped_at AS TIMESTAMP)) - EPOCH_US(DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)))) < (EPOCH_US(CAST(orders.created_at AS TIMESTAMP)) - EPOCH_US(DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)))) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP) < CAST(orders.created_at AS TIMESTAMP) AND (EPOCH_US(CAST(orders.shipped_at AS TIMESTAMP)) - EPOCH_US(DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP)))) > (EPOCH_US(CAST(orders.created_at AS TIMESTAMP)) - EPOCH_US(DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP)))) THEN 1 ELSE 0 END) // 12)

-- moment_from datetime
CAST(orders.created_at AS TIMESTAMP)

-- moment_from timestamp
CAST(orders.created_at AS TIMESTAMP)

-- moment_from date
CAST(orders.created_at AS TIMESTAMP)

-- moment_from epoch
MAKE_TIMESTAMP(CAST(CAST(orders.created_at AS DOUBLE) * 1000000 AS BIGINT))

-- moment_from yyyymmdd
STRPTIME(CAST(orders.created_at AS TEXT), '%Y%m%d')

-- converted UTC to America/New_York
(orders.created_at AT TIME ZONE 'UTC' AT TIME ZONE 'America/New_York')

-- converted Europe/Berlin to UTC
(orders.created_at AT TIME ZONE 'Europe/Berlin' AT TIME ZONE 'UTC')

-- percentile 0.5
QUANTILE_CONT(CAST(orders.amount AS DOUBLE), 0.5)

-- percentile 0.95
QUANTILE_CONT(CAST(orders.amount AS DOUBLE), 0.95)

-- distinct_list
ARRAY_TO_STRING(LIST_SORT(ARRAY_AGG(DISTINCT CAST(orders.name AS TEXT))), ', ')

-- approximate_distinct
APPROX_COUNT_DISTINCT(orders.name)

-- as_text
CAST(orders.amount AS TEXT)

-- as_number
CAST(orders.amount AS DOUBLE)

-- like FOO%
orders.name LIKE 'FOO%'

-- like 50^%^_off\^^ O'Neil
orders.name LIKE '50^%^_off\^^ O''Neil' ESCAPE '^'

-- like_any_case %foo_bar%
LOWER(orders.name) LIKE LOWER('%foo_bar%')

-- equals Germany
orders.name = 'Germany'

-- equals Germany|O'Neil|a\b
orders.name IN ('Germany', 'O''Neil', 'a\b')

-- equals_any_case Germany|FRANCE
LOWER(orders.name) IN (LOWER('Germany'), LOWER('FRANCE'))

-- is_same
orders.name IS NOT DISTINCT FROM users.name

-- miles 36.97 -122.03
(2 * 3958.7613 * ATAN2(SQRT((POWER(SIN((CAST(lat AS DOUBLE) * 0.017453292519943295 - 0.6452482244623036) / 2), 2) + COS(CAST(lat AS DOUBLE) * 0.017453292519943295) * 0.7989505101669265 * POWER(SIN((CAST(lon AS DOUBLE) * 0.017453292519943295 - (-2.12982528620868)) / 2), 2))), SQRT(ABS(1 - (POWER(SIN((CAST(lat AS DOUBLE) * 0.017453292519943295 - 0.6452482244623036) / 2), 2) + COS(CAST(lat AS DOUBLE) * 0.017453292519943295) * 0.7989505101669265 * POWER(SIN((CAST(lon AS DOUBLE) * 0.017453292519943295 - (-2.12982528620868)) / 2), 2))))))

-- text it's
'it''s'

-- text back\slash "double" `tick` {brace} 50% _under
'back\slash "double" `tick` {brace} 50% _under'

-- text x'); DROP TABLE users; --
'x''); DROP TABLE users; --'

-- number 12.5
12.5

-- number -3
(-3.0)

-- day 2024-02-29
CAST('2024-02-29' AS DATE)

-- moment 2024-02-29 23:59:59
CAST('2024-02-29 23:59:59' AS TIMESTAMP)

-- moment 2024-02-29 23:59:59.123456
CAST('2024-02-29 23:59:59.123456' AS TIMESTAMP)

-- name orders.id
orders.id

-- name order.group
"order"."group"

-- name orders.created date
orders."created date"

-- name my-project.some"quote`both
"my-project"."some""quote`both"
