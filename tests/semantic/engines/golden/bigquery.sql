-- timeframe raw
orders.created_at

-- timeframe yesno
(NOT (orders.created_at) IS NULL)

-- timeframe time
DATETIME_TRUNC(orders.created_at, SECOND)

-- timeframe time_of_day
FORMAT_DATETIME('%H:%M', orders.created_at)

-- timeframe hour
FORMAT_DATETIME('%F %H', orders.created_at)

-- timeframe hour_of_day
EXTRACT(HOUR FROM orders.created_at)

-- timeframe hour2
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, HOUR), INTERVAL (-(MOD(EXTRACT(HOUR FROM DATETIME_TRUNC(orders.created_at, HOUR)), 2))) HOUR)

-- timeframe hour3
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, HOUR), INTERVAL (-(MOD(EXTRACT(HOUR FROM DATETIME_TRUNC(orders.created_at, HOUR)), 3))) HOUR)

-- timeframe hour4
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, HOUR), INTERVAL (-(MOD(EXTRACT(HOUR FROM DATETIME_TRUNC(orders.created_at, HOUR)), 4))) HOUR)

-- timeframe hour6
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, HOUR), INTERVAL (-(MOD(EXTRACT(HOUR FROM DATETIME_TRUNC(orders.created_at, HOUR)), 6))) HOUR)

-- timeframe hour8
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, HOUR), INTERVAL (-(MOD(EXTRACT(HOUR FROM DATETIME_TRUNC(orders.created_at, HOUR)), 8))) HOUR)

-- timeframe hour12
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, HOUR), INTERVAL (-(MOD(EXTRACT(HOUR FROM DATETIME_TRUNC(orders.created_at, HOUR)), 12))) HOUR)

-- timeframe minute
FORMAT_DATETIME('%F %H:%M', orders.created_at)

-- timeframe minute2
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MINUTE), INTERVAL (-(MOD(EXTRACT(MINUTE FROM DATETIME_TRUNC(orders.created_at, MINUTE)), 2))) MINUTE)

-- timeframe minute3
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MINUTE), INTERVAL (-(MOD(EXTRACT(MINUTE FROM DATETIME_TRUNC(orders.created_at, MINUTE)), 3))) MINUTE)

-- timeframe minute4
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MINUTE), INTERVAL (-(MOD(EXTRACT(MINUTE FROM DATETIME_TRUNC(orders.created_at, MINUTE)), 4))) MINUTE)

-- timeframe minute5
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MINUTE), INTERVAL (-(MOD(EXTRACT(MINUTE FROM DATETIME_TRUNC(orders.created_at, MINUTE)), 5))) MINUTE)

-- timeframe minute6
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MINUTE), INTERVAL (-(MOD(EXTRACT(MINUTE FROM DATETIME_TRUNC(orders.created_at, MINUTE)), 6))) MINUTE)

-- timeframe minute10
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MINUTE), INTERVAL (-(MOD(EXTRACT(MINUTE FROM DATETIME_TRUNC(orders.created_at, MINUTE)), 10))) MINUTE)

-- timeframe minute12
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MINUTE), INTERVAL (-(MOD(EXTRACT(MINUTE FROM DATETIME_TRUNC(orders.created_at, MINUTE)), 12))) MINUTE)

-- timeframe minute15
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MINUTE), INTERVAL (-(MOD(EXTRACT(MINUTE FROM DATETIME_TRUNC(orders.created_at, MINUTE)), 15))) MINUTE)

-- timeframe minute20
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MINUTE), INTERVAL (-(MOD(EXTRACT(MINUTE FROM DATETIME_TRUNC(orders.created_at, MINUTE)), 20))) MINUTE)

-- timeframe minute30
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MINUTE), INTERVAL (-(MOD(EXTRACT(MINUTE FROM DATETIME_TRUNC(orders.created_at, MINUTE)), 30))) MINUTE)

-- timeframe second
FORMAT_DATETIME('%F %T', orders.created_at)

-- timeframe second10
DATETIME_ADD(DATETIME_TRUNC(orders.created_at, SECOND), INTERVAL (-(MOD(EXTRACT(SECOND FROM DATETIME_TRUNC(orders.created_at, SECOND)), 10))) SECOND)

-- timeframe millisecond
FORMAT_DATETIME('%F %H:%M:%E3S', orders.created_at)

-- timeframe millisecond250
FORMAT_DATETIME('%F %H:%M:%E3S', DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MILLISECOND), INTERVAL (-(MOD(EXTRACT(MILLISECOND FROM DATETIME_TRUNC(orders.created_at, MILLISECOND)), 250))) MILLISECOND))

-- timeframe microsecond
FORMAT_DATETIME('%F %H:%M:%E6S', orders.created_at)

-- timeframe unixtime
UNIX_SECONDS(TIMESTAMP(orders.created_at))

-- timeframe unixtime zone=America/New_York
UNIX_SECONDS(TIMESTAMP(DATETIME(TIMESTAMP(orders.created_at, 'America/New_York'), 'UTC')))

-- timeframe date
CAST(orders.created_at AS DATE)

-- timeframe day_of_month
EXTRACT(DAY FROM orders.created_at)

-- timeframe day_of_year
EXTRACT(DAYOFYEAR FROM orders.created_at)

-- timeframe week
DATE_TRUNC(CAST(orders.created_at AS DATE), WEEK(MONDAY))

-- timeframe week week_start_day=tuesday
DATE_ADD(DATE_TRUNC(DATE_ADD(CAST(orders.created_at AS DATE), INTERVAL (-1) DAY), WEEK(MONDAY)), INTERVAL 1 DAY)

-- timeframe week week_start_day=wednesday
DATE_ADD(DATE_TRUNC(DATE_ADD(CAST(orders.created_at AS DATE), INTERVAL (-2) DAY), WEEK(MONDAY)), INTERVAL 2 DAY)

-- timeframe week week_start_day=thursday
DATE_ADD(DATE_TRUNC(DATE_ADD(CAST(orders.created_at AS DATE), INTERVAL (-3) DAY), WEEK(MONDAY)), INTERVAL 3 DAY)

-- timeframe week week_start_day=friday
DATE_ADD(DATE_TRUNC(DATE_ADD(CAST(orders.created_at AS DATE), INTERVAL (-4) DAY), WEEK(MONDAY)), INTERVAL 4 DAY)

-- timeframe week week_start_day=saturday
DATE_ADD(DATE_TRUNC(DATE_ADD(CAST(orders.created_at AS DATE), INTERVAL (-5) DAY), WEEK(MONDAY)), INTERVAL 5 DAY)

-- timeframe week week_start_day=sunday
DATE_ADD(DATE_TRUNC(DATE_ADD(CAST(orders.created_at AS DATE), INTERVAL (-6) DAY), WEEK(MONDAY)), INTERVAL 6 DAY)

-- timeframe week_of_year
EXTRACT(ISOWEEK FROM orders.created_at)

-- timeframe day_of_week
CASE MOD(EXTRACT(DAYOFWEEK FROM orders.created_at) + 5, 7) + 1 WHEN 1 THEN 'Monday' WHEN 2 THEN 'Tuesday' WHEN 3 THEN 'Wednesday' WHEN 4 THEN 'Thursday' WHEN 5 THEN 'Friday' WHEN 6 THEN 'Saturday' WHEN 7 THEN 'Sunday' END

-- timeframe day_of_week_index
(MOD(MOD(EXTRACT(DAYOFWEEK FROM orders.created_at) + 5, 7) + 1 + 6, 7))

-- timeframe day_of_week_index week_start_day=sunday
(MOD(MOD(EXTRACT(DAYOFWEEK FROM orders.created_at) + 5, 7) + 1 + 0, 7))

-- timeframe month
FORMAT_DATETIME('%Y-%m', orders.created_at)

-- timeframe month_num
EXTRACT(MONTH FROM orders.created_at)

-- timeframe month_name
CASE EXTRACT(MONTH FROM orders.created_at) WHEN 1 THEN 'January' WHEN 2 THEN 'February' WHEN 3 THEN 'March' WHEN 4 THEN 'April' WHEN 5 THEN 'May' WHEN 6 THEN 'June' WHEN 7 THEN 'July' WHEN 8 THEN 'August' WHEN 9 THEN 'September' WHEN 10 THEN 'October' WHEN 11 THEN 'November' WHEN 12 THEN 'December' END

-- timeframe fiscal_month_num fiscal_month_offset=3
EXTRACT(MONTH FROM DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MONTH), INTERVAL (-3) MONTH))

-- timeframe fiscal_month_num fiscal_month_offset=-10
EXTRACT(MONTH FROM DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MONTH), INTERVAL 10 MONTH))

-- timeframe quarter
(CAST(EXTRACT(YEAR FROM orders.created_at) AS STRING) || '-Q' || CAST(EXTRACT(QUARTER FROM orders.created_at) AS STRING))

-- timeframe quarter_of_year
('Q' || CAST(EXTRACT(QUARTER FROM orders.created_at) AS STRING))

-- timeframe fiscal_quarter
('FY' || CAST(EXTRACT(YEAR FROM orders.created_at) AS STRING) || '-Q' || CAST(EXTRACT(QUARTER FROM orders.created_at) AS STRING))

-- timeframe fiscal_quarter fiscal_month_offset=3
('FY' || CAST(EXTRACT(YEAR FROM DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MONTH), INTERVAL (-3) MONTH)) AS STRING) || '-Q' || CAST(EXTRACT(QUARTER FROM DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MONTH), INTERVAL (-3) MONTH)) AS STRING))

-- timeframe fiscal_quarter_of_year fiscal_month_offset=3
('Q' || CAST(EXTRACT(QUARTER FROM DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MONTH), INTERVAL (-3) MONTH)) AS STRING))

-- timeframe year
EXTRACT(YEAR FROM orders.created_at)

-- timeframe fiscal_year fiscal_month_offset=3
('FY' || CAST(EXTRACT(YEAR FROM DATETIME_ADD(DATETIME_TRUNC(orders.created_at, MONTH), INTERVAL (-3) MONTH)) AS STRING))

-- elapsed second
(DIV(DATETIME_DIFF(CAST(orders.shipped_at AS DATETIME), CAST(orders.created_at AS DATETIME), MICROSECOND), 1000000))

-- elapsed minute
(DIV(DATETIME_DIFF(CAST(orders.shipped_at AS DATETIME), CAST(orders.created_at AS DATETIME), MICROSECOND), 60000000))

-- elapsed hour
(DIV(DATETIME_DIFF(CAST(orders.shipped_at AS DATETIME), CAST(orders.created_at AS DATETIME), MICROSECOND), 3600000000))

-- elapsed day
(DIV(DATETIME_DIFF(CAST(orders.shipped_at AS DATETIME), CAST(orders.created_at AS DATETIME), MICROSECOND), 86400000000))

-- elapsed week
(DIV(DATETIME_DIFF(CAST(orders.shipped_at AS DATETIME), CAST(orders.created_at AS DATETIME), MICROSECOND), 604800000000))

-- elapsed month
((EXTRACT(YEAR FROM CAST(orders.shipped_at AS DATETIME)) - EXTRACT(YEAR FROM CAST(orders.created_at AS DATETIME))) * 12 + (EXTRACT(MONTH FROM CAST(orders.shipped_at AS DATETIME)) - EXTRACT(MONTH FROM CAST(orders.created_at AS DATETIME))) + CASE WHEN CAST(orders.shipped_at AS DATETIME) >= CAST(orders.created_at AS DATETIME) AND DATETIME_DIFF(CAST(orders.shipped_at AS DATETIME), DATETIME_TRUNC(CAST(orders.shipped_at AS DATETIME), MONTH), MICROSECOND) < DATETIME_DIFF(CAST(orders.created_at AS DATETIME), DATETIME_TRUNC(CAST(orders.created_at AS DATETIME), MONTH), MICROSECOND) THEN -1 WHEN CAST(orders.shipped_at AS DATETIME) < CAST(orders.created_at AS DATETIME) AND DATETIME_DIFF(CAST(orders.shipped_at AS DATETIME), DATETIME_TRUNC(CAST(orders.shipped_at AS DATETIME), MONTH), MICROSECOND) > DATETIME_DIFF(CAST(orders.created_at AS DATETIME), DATETIME_TRUNC(CAST(orders.created_at AS DATETIME), MONTH), MICROSECOND) THEN 1 ELSE 0 END)

-- elapsed quarter
(DIV((EXTRACT(YEAR FROM CAST(orders.shipped_at AS DATETIME)) - EXTRACT(YEAR FROM CAST(orders.created_at AS DATETIME))) * 12 + (EXTRACT(MONTH FROM CAST(orders.shipped_at AS DATETIME)) - EXTRACT(MONTH FROM CAST(orders.created_at AS DATETIME))) + CASE WHEN CAST(orders.shipped_at AS DATETIME) >= CAST(orders.created_at AS DATETIME) AND DATETIME_DIFF(CAST(orders.shipped_at AS DATETIME), DATETIME_TRUNC(CAST(orders.shipped_at AS DATETIME), MONTH), MICROSECOND) < DATETIME_DIFF(CAST(orders.created_at AS DATETIME), DATETIME_TRUNC(CAST(orders.created_at AS DATETIME), MONTH), MICROSECOND) THEN -1 WHEN CAST(orders.shipped_at AS DATETIME) < CAST(orders.created_at AS DATETIME) AND DATETIME_DIFF(CAST(orders.shipped_at AS DATETIME), DATETIME_TRUNC(CAST(orders.shipped_at AS DATETIME), MONTH), MICROSECOND) > DATETIME_DIFF(CAST(orders.created_at AS DATETIME), DATETIME_TRUNC(CAST(orders.created_at AS DATETIME), MONTH), MICROSECOND) THEN 1 ELSE 0 END, 3))

-- elapsed year
(DIV((EXTRACT(YEAR FROM CAST(orders.shipped_at AS DATETIME)) - EXTRACT(YEAR FROM CAST(orders.created_at AS DATETIME))) * 12 + (EXTRACT(MONTH FROM CAST(orders.shipped_at AS DATETIME)) - EXTRACT(MONTH FROM CAST(orders.created_at AS DATETIME))) + CASE WHEN CAST(orders.shipped_at AS DATETIME) >= CAST(orders.created_at AS DATETIME) AND DATETIME_DIFF(CAST(orders.shipped_at AS DATETIME), DATETIME_TRUNC(CAST(orders.shipped_at AS DATETIME), MONTH), MICROSECOND) < DATETIME_DIFF(CAST(orders.created_at AS DATETIME), DATETIME_TRUNC(CAST(orders.created_at AS DATETIME), MONTH), MICROSECOND) THEN -1 WHEN CAST(orders.shipped_at AS DATETIME) < CAST(orders.created_at AS DATETIME) AND DATETIME_DIFF(CAST(orders.shipped_at AS DATETIME), DATETIME_TRUNC(CAST(orders.shipped_at AS DATETIME), MONTH), MICROSECOND) > DATETIME_DIFF(CAST(orders.created_at AS DATETIME), DATETIME_TRUNC(CAST(orders.created_at AS DATETIME), MONTH), MICROSECOND) THEN 1 ELSE 0 END, 12))

-- moment_from datetime
CAST(orders.created_at AS DATETIME)

-- moment_from timestamp
CAST(orders.created_at AS DATETIME)

-- moment_from date
CAST(orders.created_at AS DATETIME)

-- moment_from epoch
DATETIME(TIMESTAMP_MICROS(CAST(CAST(orders.created_at AS FLOAT64) * 1000000 AS INT64)))

-- moment_from yyyymmdd
PARSE_DATETIME('%Y%m%d', CAST(orders.created_at AS STRING))

-- converted UTC to America/New_York
DATETIME(TIMESTAMP(orders.created_at, 'UTC'), 'America/New_York')

-- converted Europe/Berlin to UTC
DATETIME(TIMESTAMP(orders.created_at, 'Europe/Berlin'), 'UTC')

-- percentile 0.5
(ARRAY_AGG(CAST(orders.amount AS FLOAT64) IGNORE NULLS ORDER BY CAST(orders.amount AS FLOAT64))[SAFE_OFFSET(CAST(FLOOR((COUNT(orders.amount) - 1) * 0.5) AS INT64))] * (1 - ((COUNT(orders.amount) - 1) * 0.5 - FLOOR((COUNT(orders.amount) - 1) * 0.5))) + ARRAY_AGG(CAST(orders.amount AS FLOAT64) IGNORE NULLS ORDER BY CAST(orders.amount AS FLOAT64))[SAFE_OFFSET(CAST(CEIL((COUNT(orders.amount) - 1) * 0.5) AS INT64))] * ((COUNT(orders.amount) - 1) * 0.5 - FLOOR((COUNT(orders.amount) - 1) * 0.5)))

-- percentile 0.95
(ARRAY_AGG(CAST(orders.amount AS FLOAT64) IGNORE NULLS ORDER BY CAST(orders.amount AS FLOAT64))[SAFE_OFFSET(CAST(FLOOR((COUNT(orders.amount) - 1) * 0.95) AS INT64))] * (1 - ((COUNT(orders.amount) - 1) * 0.95 - FLOOR((COUNT(orders.amount) - 1) * 0.95))) + ARRAY_AGG(CAST(orders.amount AS FLOAT64) IGNORE NULLS ORDER BY CAST(orders.amount AS FLOAT64))[SAFE_OFFSET(CAST(CEIL((COUNT(orders.amount) - 1) * 0.95) AS INT64))] * ((COUNT(orders.amount) - 1) * 0.95 - FLOOR((COUNT(orders.amount) - 1) * 0.95)))

-- distinct_list
STRING_AGG(DISTINCT CAST(orders.name AS STRING), ', ' ORDER BY CAST(orders.name AS STRING))

-- approximate_distinct
APPROX_COUNT_DISTINCT(orders.name)

-- as_text
CAST(orders.amount AS STRING)

-- as_number
CAST(orders.amount AS FLOAT64)

-- like FOO%
orders.name LIKE 'FOO%'

-- like 50^%^_off\^^ O'Neil
orders.name LIKE '50\\%\\_off\\\\^ O\'Neil'

-- like_any_case %foo_bar%
LOWER(orders.name) LIKE LOWER('%foo_bar%')

-- equals Germany
orders.name = 'Germany'

-- equals Germany|O'Neil|a\b
orders.name IN ('Germany', 'O\'Neil', 'a\\b')

-- equals_any_case Germany|FRANCE
LOWER(orders.name) IN (LOWER('Germany'), LOWER('FRANCE'))

-- is_same
orders.name IS NOT DISTINCT FROM users.name

-- miles 36.97 -122.03
(2 * 3958.7613 * ATAN2(SQRT((POWER(SIN((CAST(lat AS FLOAT64) * 0.017453292519943295 - 0.6452482244623036) / 2), 2) + COS(CAST(lat AS FLOAT64) * 0.017453292519943295) * 0.7989505101669265 * POWER(SIN((CAST(lon AS FLOAT64) * 0.017453292519943295 - (-2.12982528620868)) / 2), 2))), SQRT(ABS(1 - (POWER(SIN((CAST(lat AS FLOAT64) * 0.017453292519943295 - 0.6452482244623036) / 2), 2) + COS(CAST(lat AS FLOAT64) * 0.017453292519943295) * 0.7989505101669265 * POWER(SIN((CAST(lon AS FLOAT64) * 0.017453292519943295 - (-2.12982528620868)) / 2), 2))))))

-- text it's
'it\'s'

-- text back\slash "double" `tick` {brace} 50% _under
'back\\slash "double" `tick` {brace} 50% _under'

-- text x'); DROP TABLE users; --
'x\'); DROP TABLE users; --'

-- number 12.5
12.5

-- number -3
(-3.0)

-- day 2024-02-29
CAST('2024-02-29' AS DATE)

-- moment 2024-02-29 23:59:59
CAST('2024-02-29 23:59:59' AS DATETIME)

-- moment 2024-02-29 23:59:59.123456
CAST('2024-02-29 23:59:59.123456' AS DATETIME)

-- name orders.id
orders.id

-- name order.group
`order`.`group`

-- name orders.created date
orders.`created date`

-- name my-project.some"quote`both
`my-project`.`some"quote\`both`
