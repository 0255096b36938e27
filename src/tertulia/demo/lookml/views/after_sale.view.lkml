view: returns {
  sql_table_name: returns ;;

  dimension: return_id {
    primary_key: yes
    hidden: yes
    type: number
    sql: ${TABLE}.return_id ;;
  }
  dimension: order_item_id {
    hidden: yes
    type: number
    sql: ${TABLE}.order_item_id ;;
  }
  dimension: reason {
    label: "Return Reason"
    type: string
    sql: ${TABLE}.reason ;;
  }
  dimension_group: returned {
    type: time
    timeframes: [raw, date, month, quarter, year]
    sql: ${TABLE}.returned_at ;;
  }
  measure: count {
    label: "Number of Returns"
    tags: ["synonym:returns"]
    type: count
  }
  measure: refunds {
    label: "Refunds"
    description: "What was paid back for returned goods."
    tags: ["synonym:refunded amount"]
    type: sum
    sql: ${TABLE}.refund ;;
    value_format_name: @{money}
  }
  measure: return_rate {
    description: "Returned lines as a share of all lines sold; cancelled orders do not count."
    type: number
    sql: 1.0 * ${count} / NULLIF(${order_items.lines_sold}, 0) ;;
    value_format_name: percent_1
  }
}

view: reviews {
  sql_table_name: reviews ;;

  dimension: review_id {
    primary_key: yes
    hidden: yes
    type: number
    sql: ${TABLE}.review_id ;;
  }
  dimension: product_id {
    hidden: yes
    type: number
    sql: ${TABLE}.product_id ;;
  }
  dimension: rating {
    description: "Stars, 1 to 5."
    type: number
    sql: ${TABLE}.rating ;;
  }
  dimension: verdict {
    description: "Good from 4 stars, bad up to 2."
    case: {
      when: {
        label: "Good"
        sql: ${rating} >= 4 ;;
      }
      when: {
        label: "Middling"
        sql: ${rating} = 3 ;;
      }
      else: "Bad"
    }
  }
  dimension_group: posted {
    label: "Review Posted"
    type: time
    timeframes: [raw, date, month, quarter, year]
    sql: ${TABLE}.posted_at ;;
  }
  measure: count {
    label: "Number of Reviews"
    tags: ["synonym:reviews"]
    type: count
  }
  measure: average_rating {
    tags: ["synonym:rating", "synonym:stars"]
    type: average
    sql: ${rating} ;;
    value_format_name: decimal_2
  }
}
