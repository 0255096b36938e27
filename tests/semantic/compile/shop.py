"""A bicycle shop: what modellers really write, over a few rows that can be counted by hand."""

from semantic.compile.desk import Desk

TABLES = """
CREATE TABLE riders (id INT, name TEXT, country TEXT, age INT, region TEXT, is_member BOOLEAN, latitude DOUBLE, longitude DOUBLE);
INSERT INTO riders VALUES
 (1, 'Ada', 'Norway', 34, 'north', TRUE, 59.9, 10.7), (2, 'Bo', 'Norway', 17, 'north', FALSE, 60.4, 5.3),
 (3, 'Cy', 'Spain', 52, 'south', NULL, 40.4, -3.7), (4, 'Di', NULL, NULL, 'south', TRUE, NULL, NULL);
CREATE TABLE purchases (id INT, rider_id INT, status TEXT, shipping DECIMAL(10, 2), bought_at TIMESTAMP, sent_on DATE);
INSERT INTO purchases VALUES
 (10, 1, 'paid', 5.00, '2025-06-16 23:30:00', '2025-06-18'), (11, 1, 'paid', 7.00, '2025-06-01 08:00:00', '2025-06-03'),
 (12, 2, 'returned', 5.00, '2025-05-31 22:15:00', NULL), (13, 3, 'paid', 9.00, '2024-12-31 23:59:59', '2025-01-02'),
 (14, NULL, 'open', 4.00, '2025-06-18 12:00:00', NULL), (15, 99, NULL, 3.00, '2024-02-29 10:00:00', NULL);
CREATE TABLE lines (id INT, purchase_id INT, part_id INT, price DECIMAL(10, 2), quantity INT);
INSERT INTO lines VALUES
 (100, 10, 1, 100.00, 1), (101, 10, 2, 20.00, 2), (102, 10, 2, 20.00, 1), (103, 11, 3, 50.00, 1),
 (104, 12, 1, 100.00, 1), (105, 13, 2, 25.00, 4), (106, 13, NULL, 10.00, 1), (107, NULL, 3, 55.00, 1);
CREATE TABLE parts (id INT, title TEXT, kind TEXT, cost DECIMAL(10, 2));
INSERT INTO parts VALUES (1, 'Frame', 'steel', 60.00), (2, 'Tyre, 28"', 'rubber', 8.00), (3, '100%_Bell', 'brass', 30.00);
CREATE TABLE visits (id INT, rider_id INT, minutes INT, seen_at TIMESTAMP);
INSERT INTO visits VALUES (1, 1, 10, '2025-06-17 09:00:00'), (2, 1, 20, '2025-06-18 09:00:00'), (3, 2, 30, '2025-03-30 00:30:00'),
 (4, 3, 40, '2025-01-01 00:00:00'), (5, 4, NULL, '2025-06-10 10:00:00');
"""

MODEL = """
connection: "shop"
week_start_day: monday

access_grant: sees_costs { user_attribute: department allowed_values: ["finance"] }

explore: riders {
  join: purchases { relationship: one_to_many sql_on: ${purchases.rider_id} = ${riders.id} ;; }
  join: lines { relationship: one_to_many sql_on: ${purchases.id} = ${lines.purchase_id} ;; }
  join: parts { relationship: many_to_one sql_on: ${lines.part_id} = ${parts.id} ;; }
  join: visits { relationship: one_to_many sql_on: ${visits.rider_id} = ${riders.id} ;; }
}

explore: purchases {
  join: riders { foreign_key: rider_id }
  join: lines { relationship: one_to_many sql_on: ${purchases.id} = ${lines.purchase_id} ;; }
  join: parts { sql_on: ${lines.part_id} = ${parts.id} ;; }
}

explore: lines {
  join: purchases { sql_on: ${lines.purchase_id} = ${purchases.id} ;; }
  join: riders { sql_on: ${purchases.rider_id} = ${riders.id} ;; }
  join: parts { sql_on: ${lines.part_id} = ${parts.id} ;; }
}

explore: own_purchases {
  from: purchases
  view_name: purchases
  access_filter: { field: riders.region user_attribute: region }
  join: riders { sql_on: ${purchases.rider_id} = ${riders.id} ;; }
}

view: riders {
  sql_table_name: riders ;;
  dimension: id { primary_key: yes type: number }
  dimension: name {}
  dimension: country {}
  dimension: age { type: number }
  dimension: region {}
  dimension: shouted { sql: UPPER(${name}) || '!' ;; }
  dimension: is_member { type: yesno sql: ${TABLE}.is_member ;; }
  dimension: is_adult { type: yesno sql: ${age} >= 18 ;; }
  dimension: age_tier { type: tier tiers: [18, 40] style: integer sql: ${age} ;; }
  dimension: home { type: location sql_latitude: ${TABLE}.latitude ;; sql_longitude: ${TABLE}.longitude ;; }
  dimension: climate { case: { when: { sql: ${region} = 'south' ;; label: "warm" } when: { sql: ${region} = 'north' ;; label: "cold" } else: "unknown" } }
  measure: count { type: count }
  measure: total_age { type: sum sql: ${age} ;; }
  measure: average_age { type: average sql: ${age} ;; value_format_name: decimal_1 }
  measure: oldest { type: max sql: ${age} ;; }
  measure: names { type: list list_field: name }
  measure: members { type: count filters: [is_member: "yes"] }
  measure: takings_per_rider { type: number sql: ${lines.takings} / NULLIF(${count}, 0) ;; }
}

view: purchases {
  sql_table_name: purchases ;;
  dimension: id { primary_key: yes type: number }
  dimension: rider_id { type: number hidden: yes }
  dimension: status {}
  dimension: shipping { type: number }
  dimension_group: bought { type: time timeframes: [raw, time, date, week, month, quarter, year, hour_of_day, day_of_week, month_name, fiscal_quarter] sql: ${TABLE}.bought_at ;; }
  dimension_group: sent { type: time timeframes: [date, month] datatype: date convert_tz: no sql: ${TABLE}.sent_on ;; }
  dimension_group: to_send { type: duration intervals: [day, hour] sql_start: ${bought_raw} ;; sql_end: ${TABLE}.sent_on ;; }
  measure: count { type: count }
  measure: total_shipping { type: sum sql: ${shipping} ;; }
  measure: average_shipping { type: average sql: ${shipping} ;; }
  measure: median_shipping { type: median sql: ${shipping} ;; }
  measure: paid_shipping { type: sum sql: ${shipping} ;; filters: [status: "paid"] }
  measure: paid_count { type: count filters: [status: "paid"] }
  measure: paid_share { type: number sql: 1.0 * ${paid_count} / NULLIF(${count}, 0) ;; value_format_name: percent_1 }
  measure: last_bought { type: date sql: MAX(${bought_raw}) ;; }
  measure: share_of_shipping { type: percent_of_total sql: ${total_shipping} ;; }
  measure: running_shipping { type: running_total sql: ${total_shipping} ;; }
}

view: lines {
  sql_table_name: lines ;;
  dimension: id { primary_key: yes type: number }
  dimension: purchase_id { type: number }
  dimension: part_id { type: number }
  dimension: price { type: number }
  dimension: quantity { type: number }
  dimension: value { type: number sql: ${price} * ${quantity} ;; }
  dimension: margin { type: number sql: ${value} - ${parts.cost} * ${quantity} ;; }
  measure: count { type: count }
  measure: takings { type: sum sql: ${value} ;; }
  measure: gross_margin { type: sum sql: ${margin} ;; required_access_grants: [sees_costs] }
  measure: shipping_once { type: sum_distinct sql_distinct_key: ${purchases.id} ;; sql: ${purchases.shipping} ;; }
}

view: parts {
  sql_table_name: parts ;;
  dimension: id { primary_key: yes type: number }
  dimension: title {}
  dimension: kind {}
  dimension: cost { type: number required_access_grants: [sees_costs] }
  measure: count { type: count }
  measure: total_cost { type: sum sql: ${cost} ;; }
}

view: visits {
  sql_table_name: visits ;;
  dimension: id { primary_key: yes type: number }
  dimension: rider_id { type: number }
  dimension: minutes { type: number }
  dimension_group: seen { type: time timeframes: [raw, date, month] sql: ${TABLE}.seen_at ;; }
  measure: count { type: count }
  measure: total_minutes { type: sum sql: ${minutes} ;; }
}
"""


def open_shop(more: str = "", *, tables: str = "") -> Desk:
    """The shop, with more LookML after its own: refinements, explores, views."""
    return Desk(MODEL + more, TABLES + tables)
