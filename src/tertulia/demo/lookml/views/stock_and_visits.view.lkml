view: stock {
  sql_table_name: stock ;;

  dimension: stock_id {
    primary_key: yes
    hidden: yes
    type: number
    sql: ${TABLE}.stock_id ;;
  }
  dimension: product_id {
    hidden: yes
    type: number
    sql: ${TABLE}.product_id ;;
  }
  dimension: site_id {
    hidden: yes
    type: number
    sql: ${TABLE}.site_id ;;
  }
  dimension: quantity {
    hidden: yes
    type: number
    sql: ${TABLE}.quantity ;;
  }
  measure: units_in_stock {
    label: "Units in Stock"
    description: "Pieces on the shelves at the last count."
    tags: ["synonym:stock", "synonym:inventory", "synonym:stock on hand"]
    type: sum
    sql: ${quantity} ;;
    value_format_name: decimal_0
  }
  measure: stock_value {
    description: "Units in stock at list price."
    tags: ["synonym:inventory value"]
    type: sum
    sql: ${quantity} * ${products.list_price} ;;
    value_format_name: @{money}
  }
}

view: visits {
  sql_table_name: visits ;;

  dimension: visit_id {
    primary_key: yes
    hidden: yes
    type: number
    sql: ${TABLE}.visit_id ;;
  }
  dimension: customer_id {
    hidden: yes
    type: number
    sql: ${TABLE}.customer_id ;;
  }
  dimension: source {
    label: "Traffic Source"
    tags: ["synonym:source"]
    type: string
    sql: ${TABLE}.source ;;
  }
  dimension: device {
    type: string
    sql: ${TABLE}.device ;;
  }
  dimension_group: visited {
    type: time
    timeframes: [raw, time, hour_of_day, date, day_of_week, week, month, quarter, year]
    sql: ${TABLE}.started_at ;;
  }
  dimension: pages {
    hidden: yes
    type: number
    sql: ${TABLE}.pages ;;
  }
  measure: count {
    label: "Number of Visits"
    tags: ["synonym:visits", "synonym:web visits", "synonym:sessions", "synonym:traffic"]
    type: count
  }
  measure: page_views {
    label: "Page Views"
    type: sum
    sql: ${pages} ;;
    value_format_name: decimal_0
  }
  measure: average_visit_minutes {
    label: "Average Visit Length"
    type: average
    sql: ${TABLE}.seconds / 60.0 ;;
    value_format: "0.0 \"minutes\""
  }
}

# what the web team adds without touching the view above
view: +visits {
  parameter: per {
    description: "Whether visits are counted by day, week or month."
    type: unquoted
    default_value: "month"
    allowed_value: {
      label: "Day"
      value: "day"
    }
    allowed_value: {
      label: "Week"
      value: "week"
    }
    allowed_value: {
      label: "Month"
      value: "month"
    }
  }
  dimension: visited_per {
    label: "Visited Per Choice"
    type: string
    sql:
      {% if per._parameter_value == "day" %} CAST(${visited_date} AS VARCHAR)
      {% elsif per._parameter_value == "week" %} CAST(${visited_week} AS VARCHAR)
      {% else %} CAST(${visited_month} AS VARCHAR) {% endif %} ;;
  }
}

view: daily_sales {
  derived_table: {
    explore_source: order_items {
      column: day { field: orders.ordered_date }
      column: revenue { field: order_items.revenue }
      column: orders { field: orders.count }
    }
  }

  dimension: day {
    primary_key: yes
    type: date
    sql: ${TABLE}.day ;;
  }
  measure: days_traded {
    description: "Days on which at least one order came in."
    type: count
  }
  measure: best_day_revenue {
    label: "Best Day"
    description: "The highest revenue of a single day."
    type: max
    sql: ${TABLE}.revenue ;;
    value_format_name: @{money}
  }
  measure: average_daily_revenue {
    description: "Revenue per day on which there was an order."
    type: average
    sql: ${TABLE}.revenue ;;
    value_format_name: @{money}
  }
}
