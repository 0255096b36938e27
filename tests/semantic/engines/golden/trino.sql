-- timeframe raw
orders.created_at

-- timeframe yesno
(NOT (orders.created_at) IS NULL)

-- timeframe time
DATE_TRUNC('SECOND', orders.created_at)

-- timeframe time_of_day
DATE_FORMAT(orders.created_at, '%H:%i')

-- timeframe hour
DATE_FORMAT(orders.created_at, '%Y-%m-%d %H')

-- timeframe hour_of_day
EXTRACT(HOUR FROM orders.created_at)

-- timeframe hour2
DATE_ADD('HOUR', CAST(-(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) % 2) AS BIGINT), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour3
DATE_ADD('HOUR', CAST(-(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) % 3) AS BIGINT), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour4
DATE_ADD('HOUR', CAST(-(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) % 4) AS BIGINT), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour6
DATE_ADD('HOUR', CAST(-(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) % 6) AS BIGINT), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour8
DATE_ADD('HOUR', CAST(-(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) % 8) AS BIGINT), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe hour12
DATE_ADD('HOUR', CAST(-(EXTRACT(HOUR FROM DATE_TRUNC('HOUR', orders.created_at)) % 12) AS BIGINT), DATE_TRUNC('HOUR', orders.created_at))

-- timeframe minute
DATE_FORMAT(orders.created_at, '%Y-%m-%d %H:%i')

-- timeframe minute2
DATE_ADD('MINUTE', CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 2) AS BIGINT), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute3
DATE_ADD('MINUTE', CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 3) AS BIGINT), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute4
DATE_ADD('MINUTE', CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 4) AS BIGINT), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute5
DATE_ADD('MINUTE', CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 5) AS BIGINT), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute6
DATE_ADD('MINUTE', CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 6) AS BIGINT), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute10
DATE_ADD('MINUTE', CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 10) AS BIGINT), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute12
DATE_ADD('MINUTE', CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 12) AS BIGINT), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute15
DATE_ADD('MINUTE', CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 15) AS BIGINT), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute20
DATE_ADD('MINUTE', CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 20) AS BIGINT), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe minute30
DATE_ADD('MINUTE', CAST(-(EXTRACT(MINUTE FROM DATE_TRUNC('MINUTE', orders.created_at)) % 30) AS BIGINT), DATE_TRUNC('MINUTE', orders.created_at))

-- timeframe second
DATE_FORMAT(orders.created_at, '%Y-%m-%d %T')

-- timeframe second10
DATE_ADD('SECOND', CAST(-(EXTRACT(SECOND FROM DATE_TRUNC('SECOND', orders.created_at)) % 10) AS BIGINT), DATE_TRUNC('SECOND', orders.created_at))

-- timeframe millisecond
CAST(CAST(DATE_TRUNC('MILLISECOND', orders.created_at) AS TIMESTAMP(3)) AS VARCHAR)

-- timeframe millisecond250
CAST(CAST(DATE_TRUNC('MILLISECOND', DATE_ADD('MILLISECOND', CAST(-(MILLISECOND(DATE_TRUNC('MILLISECOND', orders.created_at)) % 250) AS BIGINT), DATE_TRUNC('MILLISECOND', orders.created_at))) AS TIMESTAMP(3)) AS VARCHAR)

-- timeframe microsecond
CAST(CAST(orders.created_at AS TIMESTAMP(6)) AS VARCHAR)

-- timeframe unixtime
CAST(FLOOR(TO_UNIXTIME(orders.created_at)) AS BIGINT)

-- timeframe unixtime zone=America/New_York
CAST(FLOOR(TO_UNIXTIME(CAST(AT_TIMEZONE(WITH_TIMEZONE(orders.created_at, 'America/New_York'), 'UTC') AS TIMESTAMP(6)))) AS BIGINT)

-- timeframe date
CAST(orders.created_at AS DATE)

-- timeframe day_of_month
EXTRACT(DAY FROM orders.created_at)

-- timeframe day_of_year
DAY_OF_YEAR(orders.created_at)

-- timeframe week
DATE_TRUNC('WEEK', CAST(orders.created_at AS DATE))

-- timeframe week week_start_day=tuesday
DATE_ADD('DAY', CAST(1 AS BIGINT), DATE_TRUNC('WEEK', DATE_ADD('DAY', CAST(-1 AS BIGINT), CAST(orders.created_at AS DATE))))

-- timeframe week week_start_day=wednesday
DATE_ADD('DAY', CAST(2 AS BIGINT), DATE_TRUNC('WEEK', DATE_ADD('DAY', CAST(-2 AS BIGINT), CAST(orders.created_at AS DATE))))

-- timeframe week week_start_day=thursday
DATE_ADD('DAY', CAST(3 AS BIGINT), DATE_TRUNC('WEEK', DATE_ADD('DAY', CAST(-3 AS BIGINT), CAST(orders.created_at AS DATE))))

-- timeframe week week_start_day=friday
DATE_ADD('DAY', CAST(4 AS BIGINT), DATE_TRUNC('WEEK', DATE_ADD('DAY', CAST(-4 AS BIGINT), CAST(orders.created_at AS DATE))))

-- timeframe week week_start_day=saturday
DATE_ADD('DAY', CAST(5 AS BIGINT), DATE_TRUNC('WEEK', DATE_ADD('DAY', CAST(-5 AS BIGINT), CAST(orders.created_at AS DATE))))

-- timeframe week week_start_day=sunday
DATE_ADD('DAY', CAST(6 AS BIGINT), DATE_TRUNC('WEEK', DATE_ADD('DAY', CAST(-6 AS BIGINT), CAST(orders.created_at AS DATE))))

-- timeframe week_of_year
WEEK_OF_YEAR(orders.created_at)

-- timeframe day_of_week
CASE DAY_OF_WEEK(orders.created_at) WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday' WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday' WHEN 6 THEN 'Saturday' WHEN 7 THEN 'Sunday' END

-- timeframe day_of_week_index
((DAY_OF_WEEK(orders.created_at) + 6) % 7)

-- timeframe day_of_week_index week_start_day=sunday
((DAY_OF_WEEK(orders.created_at) + 0) % 7)

-- timeframe month
DATE_FORMAT(orders.created_at, '%Y-%m')

-- timeframe month_num
EXTRACT(MONTH FROM orders.created_at)

-- timeframe month_name
CASE EXTRACT(MONTH FROM orders.created_at) WHEN 1 THEN 'January' WHEN 2 THEN 'February' WHEN 3 THEN 'March' WHEN 4 THEN 'April' WHEN 5 THEN 'May' WHEN 6 THEN 'June' WHEN 7 THEN 'July' WHEN 8 THEN 'August' WHEN 9 THEN 'September' WHEN 10 THEN 'October' WHEN 11 THEN 'November' WHEN 12 THEN 'December' END

-- timeframe fiscal_month_num fiscal_month_offset=3
EXTRACT(MONTH FROM DATE_ADD('MONTH', CAST(-3 AS BIGINT), DATE_TRUNC('MONTH', orders.created_at)))

-- timeframe fiscal_month_num fiscal_month_offset=-10
EXTRACT(MONTH FROM DATE_ADD('MONTH', CAST(10 AS BIGINT), DATE_TRUNC('MONTH', orders.created_at)))

-- timeframe quarter
(CAST(EXTRACT(YEAR FROM orders.created_at) AS VARCHAR) || '-Q' || CAST(EXTRACT(QUARTER FROM orders.created_at) AS VARCHAR))

-- timeframe quarter_of_year
('Q' || CAST(EXTRACT(QUARTER FROM orders.created_at) AS VARCHAR))

-- timeframe fiscal_quarter
('FY' || CAST(EXTRACT(YEAR FROM orders.created_at) AS VARCHAR) || '-Q' || CAST(EXTRACT(QUARTER FROM orders.created_at) AS VARCHAR))

-- timeframe fiscal_quarter fiscal_month_offset=3
('FY' || CAST(EXTRACT(YEAR FROM DATE_ADD('MONTH', CAST(-3 AS BIGINT), DATE_TRUNC('MONTH', orders.created_at))) AS VARCHAR) || '-Q' || CAST(EXTRACT(QUARTER FROM DATE_ADD('MONTH', CAST(-3 AS BIGINT), DATE_TRUNC('MONTH', orders.created_at))) AS VARCHAR))

-- timeframe fiscal_quarter_of_year fiscal_month_offset=3
('Q' || CAST(EXTRACT(QUARTER FROM DATE_ADD('MONTH', CAST(-3 AS BIGINT), DATE_TRUNC('MONTH', orders.created_at))) AS VARCHAR))

-- timeframe year
EXTRACT(YEAR FROM orders.created_at)

-- timeframe fiscal_year fiscal_month_offset=3
('FY' || CAST(EXTRACT(YEAR FROM DATE_ADD('MONTH', CAST(-3 AS BIGINT), DATE_TRUNC('MONTH', orders.created_at))) AS VARCHAR))

-- elapsed second
((DATE_DIFF('MILLISECOND', CAST(orders.created_at AS TIMESTAMP(6)), CAST(orders.shipped_at AS TIMESTAMP(6))) * 1000) / 1000000)

-- elapsed minute
((DATE_DIFF('MILLISECOND', CAST(orders.created_at AS TIMESTAMP(6)), CAST(orders.shipped_at AS TIMESTAMP(6))) * 1000) / 60000000)

-- elapsed hour
((DATE_DIFF('MILLISECOND', CAST(orders.created_at AS TIMESTAMP(6)), CAST(orders.shipped_at AS TIMESTAMP(6))) * 1000) / 3600000000)

-- elapsed day
((DATE_DIFF('MILLISECOND', CAST(orders.created_at AS TIMESTAMP(6)), CAST(orders.shipped_at AS TIMESTAMP(6))) * 1000) / 86400000000)

-- elapsed week
((DATE_DIFF('MILLISECOND', CAST(orders.created_at AS TIMESTAMP(6)), CAST(orders.shipped_at AS TIMESTAMP(6))) * 1000) / 604800000000)

-- elapsed month
((EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP(6))) - EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP(6)))) * 12 + (EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP(6))) - EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP(6)))) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP(6)) >= CAST(orders.created_at AS TIMESTAMP(6)) AND (DATE_DIFF('MILLISECOND', DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP(6))), CAST(orders.shipped_at AS TIMESTAMP(6))) * 1000) < (DATE_DIFF('MILLISECOND', DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP(6))), CAST(orders.created_at AS TIMESTAMP(6))) * 1000) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP(6)) < CAST(orders.created_at AS TIMESTAMP(6)) AND (DATE_DIFF('MILLISECOND', DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP(6))), CAST(orders.shipped_at AS TIMESTAMP(6))) * 1000) > (DATE_DIFF('MILLISECOND', DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP(6))), CAST(orders.created_at AS TIMESTAMP(6))) * 1000) THEN 1 ELSE 0 END)

-- elapsed quarter
(((EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP(6))) - EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP(6)))) * 12 + (EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP(6))) - EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP(6)))) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP(6)) >= CAST(orders.created_at AS TIMESTAMP(6)) AND (DATE_DIFF('MILLISECOND', DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP(6))), CAST(orders.shipped_at AS TIMESTAMP(6))) * 1000) < (DATE_DIFF('MILLISECOND', DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP(6))), CAST(orders.created_at AS TIMESTAMP(6))) * 1000) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP(6)) < CAST(orders.created_at AS TIMESTAMP(6)) AND (DATE_DIFF('MILLISECOND', DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP(6))), CAST(orders.shipped_at AS TIMESTAMP(6))) * 1000) > (DATE_DIFF('MILLISECOND', DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP(6))), CAST(orders.created_at AS TIMESTAMP(6))) * 1000) THEN 1 ELSE 0 END) / 3)

-- elapsed year
(((EXTRACT(YEAR FROM CAST(orders.shipped_at AS TIMESTAMP(6))) - EXTRACT(YEAR FROM CAST(orders.created_at AS TIMESTAMP(6)))) * 12 + (EXTRACT(MONTH FROM CAST(orders.shipped_at AS TIMESTAMP(6))) - EXTRACT(MONTH FROM CAST(orders.created_at AS TIMESTAMP(6)))) + CASE WHEN CAST(orders.shipped_at AS TIMESTAMP(6)) >= CAST(orders.created_at AS TIMESTAMP(6)) AND (DATE_DIFF('MILLISECOND', DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP(6))), CAST(orders.shipped_at AS TIMESTAMP(6))) * 1000) < (DATE_DIFF('MILLISECOND', DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP(6))), CAST(orders.created_at AS TIMESTAMP(6))) * 1000) THEN -1 WHEN CAST(orders.shipped_at AS TIMESTAMP(6)) < CAST(orders.created_at AS TIMESTAMP(6)) AND (DATE_DIFF('MILLISECOND', DATE_TRUNC('MONTH', CAST(orders.shipped_at AS TIMESTAMP(6))), CAST(orders.shipped_at AS TIMESTAMP(6))) * 1000) > (DATE_DIFF('MILLISECOND', DATE_TRUNC('MONTH', CAST(orders.created_at AS TIMESTAMP(6))), CAST(orders.created_at AS TIMESTAMP(6))) * 1000) THEN 1 ELSE 0 END) / 12)

-- moment_from datetime
CAST(orders.created_at AS TIMESTAMP(6))

-- moment_from timestamp
CAST(orders.created_at AS TIMESTAMP(6))

-- moment_from date
CAST(orders.created_at AS TIMESTAMP(6))

-- moment_from epoch
CAST(FROM_UNIXTIME(CAST(orders.created_at AS DOUBLE), 'UTC') AS TIMESTAMP(6))

-- moment_from yyyymmdd
CAST(DATE_PARSE(CAST(orders.created_at AS VARCHAR), '%Y%m%d') AS TIMESTAMP(6))

-- converted UTC to America/New_York
CAST(AT_TIMEZONE(WITH_TIMEZONE(orders.created_at, 'UTC'), 'America/New_York') AS TIMESTAMP(6))

-- converted Europe/Berlin to UTC
CAST(AT_TIMEZONE(WITH_TIMEZONE(orders.created_at, 'Europe/Berlin'), 'UTC') AS TIMESTAMP(6))

-- percentile 0.5
TRANSFORM(ARRAY[ARRAY_SORT(ARRAY_AGG(CAST(orders.amount AS DOUBLE)) FILTER(WHERE NOT orders.amount IS NULL))], s -> ELEMENT_AT(s, CAST(FLOOR((CARDINALITY(s) - 1) * 0.5) AS INTEGER) + 1) * (1 - ((CARDINALITY(s) - 1) * 0.5 - FLOOR((CARDINALITY(s) - 1) * 0.5))) + ELEMENT_AT(s, CAST(CEIL((CARDINALITY(s) - 1) * 0.5) AS INTEGER) + 1) * ((CARDINALITY(s) - 1) * 0.5 - FLOOR((CARDINALITY(s) - 1) * 0.5)))[1]

-- percentile 0.95
TRANSFORM(ARRAY[ARRAY_SORT(ARRAY_AGG(CAST(orders.amount AS DOUBLE)) FILTER(WHERE NOT orders.amount IS NULL))], s -> ELEMENT_AT(s, CAST(FLOOR((CARDINALITY(s) - 1) * 0.95) AS INTEGER) + 1) * (1 - ((CARDINALITY(s) - 1) * 0.95 - FLOOR((CARDINALITY(s) - 1) * 0.95))) + ELEMENT_AT(s, CAST(CEIL((CARDINALITY(s) - 1) * 0.95) AS INTEGER) + 1) * ((CARDINALITY(s) - 1) * 0.95 - FLOOR((CARDINALITY(s) - 1) * 0.95)))[1]

-- distinct_list
ARRAY_JOIN(ARRAY_SORT(ARRAY_AGG(DISTINCT CAST(orders.name AS VARCHAR)) FILTER(WHERE NOT orders.name IS NULL)), ', ')

-- approximate_distinct
APPROX_DISTINCT(orders.name)

-- as_text
CAST(orders.amount AS VARCHAR)

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
CAST('2024-02-29 23:59:59' AS TIMESTAMP(6))

-- moment 2024-02-29 23:59:59.123456
CAST('2024-02-29 23:59:59.123456' AS TIMESTAMP(6))

-- name orders.id
orders.id

-- name order.group
"order"."group"

-- name orders.created date
orders."created date"

-- name my-project.some"quote`both
"my-project"."some""quote`both"
