view: order_items {
  sql_table_name: order_items ;;

  dimension: order_item_id {
    primary_key: yes
    hidden: yes
    type: number
    sql: ${TABLE}.order_item_id ;;
  }
  dimension: order_id {
    hidden: yes
    type: number
    sql: ${TABLE}.order_id ;;
  }
  dimension: product_id {
    hidden: yes
    type: number
    sql: ${TABLE}.product_id ;;
  }
  dimension: quantity {
    hidden: yes
    type: number
    sql: ${TABLE}.quantity ;;
  }
  dimension: discount {
    hidden: yes
    type: number
    sql: ${TABLE}.discount ;;
  }
  dimension: sale_amount {
    hidden: yes
    type: number
    sql: ${quantity} * ${TABLE}.unit_price - ${discount} ;;
  }
  dimension: is_discounted {
    label: "Discounted"
    description: "Whether the line was sold at a discount."
    type: yesno
    sql: ${discount} > 0 ;;
  }

  measure: revenue {
    description: "What customers pay for goods, after discounts and before returns; cancelled orders do not count."
    tags: ["synonym:sales", "synonym:turnover", "synonym:income"]
    type: sum
    sql: ${sale_amount} ;;
    filters: [orders.status: "-Cancelled"]
    value_format_name: @{money}
    drill_fields: [line*]
  }
  measure: units_sold {
    label: "Units Sold"
    description: "How many pieces were sold; cancelled orders do not count."
    tags: ["synonym:pieces sold", "synonym:quantity sold", "synonym:units"]
    type: sum
    sql: ${quantity} ;;
    filters: [orders.status: "-Cancelled"]
    value_format_name: decimal_0
  }
  measure: discounts {
    label: "Discounts Given"
    description: "What was taken off prices; cancelled orders do not count."
    type: sum
    sql: ${discount} ;;
    filters: [orders.status: "-Cancelled"]
    value_format_name: @{money}
  }
  measure: average_order_value {
    description: "Revenue per order."
    tags: ["synonym:aov", "synonym:average basket", "synonym:basket value"]
    type: number
    sql: ${revenue} / NULLIF(${orders.count_kept}, 0) ;;
    value_format_name: @{money}
  }
  measure: gross_margin {
    description: "Revenue less what the goods cost; cancelled orders do not count."
    type: sum
    sql: ${sale_amount} - ${quantity} * ${products.unit_cost} ;;
    filters: [orders.status: "-Cancelled"]
    value_format_name: @{money}
    required_access_grants: [sees_margins]
  }
  measure: lines_sold {
    hidden: yes
    type: count
    filters: [orders.status: "-Cancelled"]
  }

  set: line {
    fields: [orders.order_id, products.name, units_sold, revenue]
  }
}
