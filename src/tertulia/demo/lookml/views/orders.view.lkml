view: orders {
  sql_table_name: orders ;;

  dimension: order_id {
    primary_key: yes
    label: "Order Number"
    type: number
    sql: ${TABLE}.order_id ;;
    value_format_name: id
  }
  dimension: customer_id {
    hidden: yes
    type: number
    sql: ${TABLE}.customer_id ;;
  }
  dimension: site_id {
    hidden: yes
    type: number
    sql: ${TABLE}.site_id ;;
  }
  dimension: campaign_id {
    hidden: yes
    type: number
    sql: ${TABLE}.campaign_id ;;
  }
  dimension: status {
    label: "Order Status"
    description: "Processing, Shipped, Delivered or Cancelled."
    type: string
    sql: ${TABLE}.status ;;
    suggestions: ["Processing", "Shipped", "Delivered", "Cancelled"]
  }
  dimension: channel {
    label: "Sales Channel"
    description: "Online, in store or by phone."
    type: string
    sql: ${TABLE}.channel ;;
  }
  dimension_group: ordered {
    type: time
    timeframes: [raw, time, date, day_of_week, week, month, month_name, quarter, year]
    sql: ${TABLE}.ordered_at ;;
  }
  dimension_group: shipped {
    type: time
    timeframes: [raw, date, week, month, quarter, year]
    sql: ${TABLE}.shipped_at ;;
  }
  dimension_group: delivered {
    type: time
    timeframes: [raw, date, week, month, quarter, year]
    sql: ${TABLE}.delivered_at ;;
  }
  dimension_group: to_deliver {
    type: duration
    intervals: [hour, day]
    sql_start: ${ordered_raw} ;;
    sql_end: ${delivered_raw} ;;
  }
  dimension: shipping_fee {
    hidden: yes
    type: number
    sql: ${TABLE}.shipping_fee ;;
  }

  measure: count {
    label: "Number of Orders"
    description: "How many orders were placed, cancelled ones too."
    tags: ["synonym:orders", "synonym:order count"]
    type: count
    drill_fields: [order_id, ordered_date, status]
  }
  measure: count_kept {
    hidden: yes
    type: count
    filters: [status: "-Cancelled"]
  }
  measure: cancelled_count {
    label: "Cancelled Orders"
    type: count
    filters: [status: "Cancelled"]
  }
  measure: cancellation_rate {
    description: "Cancelled orders as a share of all orders."
    type: number
    sql: 1.0 * ${cancelled_count} / NULLIF(${count}, 0) ;;
    value_format_name: percent_1
  }
  measure: shipping_fees {
    label: "Shipping Fees"
    description: "What customers paid for shipping; cancelled orders do not count."
    type: sum
    sql: ${shipping_fee} ;;
    filters: [status: "-Cancelled"]
    value_format_name: @{money}
  }
  measure: average_delivery_days {
    label: "Average Delivery Time"
    description: "Days from order to delivery, on average; orders taken home from the store are left out."
    type: average
    sql: ${hours_to_deliver} / 24.0 ;;
    filters: [channel: "-In store"]
    value_format: "0.0 \"days\""
  }
}
