view: order_items {
  sql_table_name: order_items ;;
  dimension: id { primary_key: yes hidden: yes type: number sql: ${TABLE}.id ;; }
  dimension: order_id { hidden: yes type: number sql: ${TABLE}.order_id ;; }
  dimension: product_id { hidden: yes type: number sql: ${TABLE}.product_id ;; }
  dimension: sale_price { type: number value_format_name: usd sql: ${TABLE}.sale_price ;; }
  dimension: is_returned { type: yesno sql: ${TABLE}.returned_at IS NOT NULL ;; }
  dimension_group: returned { type: time timeframes: [raw, date, week, month, quarter, year] sql: ${TABLE}.returned_at ;; }
  measure: count { type: count }
  measure: total_revenue { label: "Total Revenue" type: sum value_format_name: usd sql: ${sale_price} ;; description: "Money from sold items before returns" }
  measure: average_sale_price { type: average value_format_name: usd sql: ${sale_price} ;; }
  measure: total_gross_margin { label: "Total Gross Margin" type: sum value_format_name: usd sql: ${sale_price} - ${TABLE}.cost ;; }
  measure: gross_margin_percent { label: "Gross Margin %" type: number value_format_name: percent_1 sql: ${total_gross_margin} / NULLIF(${total_revenue}, 0) ;; }
  measure: return_rate { type: number value_format_name: percent_1 sql: 1.0 * ${returned_count} / NULLIF(${count}, 0) ;; }
  measure: returned_count { label: "Returned Items" type: count filters: [is_returned: "yes"] }
  measure: units_sold { type: sum sql: ${TABLE}.quantity ;; }
  measure: average_order_value { type: number value_format_name: usd sql: ${total_revenue} / NULLIF(${orders.count}, 0) ;; tags: ["synonym:AOV"] }
}

view: orders {
  sql_table_name: orders ;;
  dimension: id { primary_key: yes type: number sql: ${TABLE}.id ;; }
  dimension: user_id { hidden: yes type: number sql: ${TABLE}.user_id ;; }
  dimension: store_id { hidden: yes type: number sql: ${TABLE}.store_id ;; }
  dimension: status { type: string sql: ${TABLE}.status ;; }
  dimension: payment_method { type: string sql: ${TABLE}.payment_method ;; }
  dimension_group: created { type: time timeframes: [raw, time, date, day_of_week, hour_of_day, week, month, month_name, quarter, year] sql: ${TABLE}.created_at ;; }
  dimension_group: shipped { type: time timeframes: [raw, date, week, month, year] sql: ${TABLE}.shipped_at ;; }
  dimension_group: delivered { type: time timeframes: [raw, date, week, month, year] sql: ${TABLE}.delivered_at ;; }
  dimension: days_to_ship { type: number sql: date_diff('day', ${created_raw}, ${shipped_raw}) ;; }
  measure: count { type: count }
  measure: total_shipping_fee { type: sum value_format_name: usd sql: ${TABLE}.shipping_fee ;; }
  measure: average_days_to_ship { type: average sql: ${days_to_ship} ;; }
}

view: users {
  sql_table_name: users ;;
  dimension: id { primary_key: yes type: number sql: ${TABLE}.id ;; }
  dimension: name { type: string sql: ${TABLE}.first_name || ' ' || ${TABLE}.last_name ;; }
  dimension: email { type: string sql: ${TABLE}.email ;; }
  dimension: age { type: number sql: ${TABLE}.age ;; }
  dimension: age_tier { type: tier tiers: [18, 25, 35, 45, 55, 65] style: integer sql: ${age} ;; }
  dimension: gender { type: string sql: ${TABLE}.gender ;; }
  dimension: country { type: string sql: ${TABLE}.country ;; }
  dimension: city { type: string sql: ${TABLE}.city ;; }
  dimension: traffic_source { type: string sql: ${TABLE}.traffic_source ;; }
  dimension: ssn { hidden: yes type: string sql: ${TABLE}.ssn ;; }
  dimension_group: created { type: time timeframes: [raw, date, week, month, quarter, year] sql: ${TABLE}.created_at ;; }
  measure: count { type: count }
  measure: average_age { type: average sql: ${age} ;; }
}

view: products {
  sql_table_name: products ;;
  dimension: id { primary_key: yes type: number sql: ${TABLE}.id ;; }
  dimension: name { type: string sql: ${TABLE}.name ;; }
  dimension: brand { type: string sql: ${TABLE}.brand ;; }
  dimension: category { type: string sql: ${TABLE}.category ;; }
  dimension: department { type: string sql: ${TABLE}.department ;; }
  dimension: retail_price { type: number value_format_name: usd sql: ${TABLE}.retail_price ;; }
  dimension: cost { type: number value_format_name: usd sql: ${TABLE}.cost ;; }
  measure: count { type: count }
}

view: stores {
  sql_table_name: stores ;;
  dimension: id { primary_key: yes hidden: yes type: number sql: ${TABLE}.id ;; }
  dimension: name { label: "Store Name" type: string sql: ${TABLE}.name ;; }
  dimension: country { type: string sql: ${TABLE}.country ;; }
  dimension: region { type: string sql: ${TABLE}.region ;; }
  measure: count { type: count }
}

view: inventory_items {
  sql_table_name: inventory_items ;;
  dimension: id { primary_key: yes hidden: yes type: number sql: ${TABLE}.id ;; }
  dimension: product_id { hidden: yes type: number sql: ${TABLE}.product_id ;; }
  dimension_group: created { type: time timeframes: [raw, date, month, year] sql: ${TABLE}.created_at ;; }
  dimension_group: sold { type: time timeframes: [raw, date, month, year] sql: ${TABLE}.sold_at ;; }
  measure: count { type: count }
  measure: total_cost { type: sum value_format_name: usd sql: ${TABLE}.cost ;; }
}

view: events {
  sql_table_name: events ;;
  dimension: id { primary_key: yes hidden: yes type: number sql: ${TABLE}.id ;; }
  dimension: user_id { hidden: yes type: number sql: ${TABLE}.user_id ;; }
  dimension: event_type { type: string sql: ${TABLE}.event_type ;; }
  dimension: browser { type: string sql: ${TABLE}.browser ;; }
  dimension_group: created { type: time timeframes: [raw, time, date, hour_of_day, week, month, year] sql: ${TABLE}.created_at ;; }
  measure: count { type: count }
  measure: session_count { label: "Sessions" type: count_distinct sql: ${TABLE}.session_id ;; }
}
