connection: "shop"
label: "Shop"
week_start_day: monday
fiscal_month_offset: 0
case_sensitive: no

include: "/views/*.view.lkml"

access_grant: sees_margins {
  user_attribute: role
  allowed_values: ["treasurer", "manager"]
}

explore: order_items {
  label: "Sales"
  description: "What the shop sold: orders, their lines, products, customers, sites, campaigns and returns."
  # a campaign without orders has a budget too: it is asked of campaigns
  fields: [ALL_FIELDS*, -campaigns.budget]

  join: orders {
    type: inner
    relationship: many_to_one
    sql_on: ${order_items.order_id} = ${orders.order_id} ;;
  }
  join: products {
    relationship: many_to_one
    sql_on: ${order_items.product_id} = ${products.product_id} ;;
  }
  join: brands {
    relationship: many_to_one
    sql_on: ${products.brand_id} = ${brands.brand_id} ;;
  }
  join: customers {
    relationship: many_to_one
    sql_on: ${orders.customer_id} = ${customers.customer_id} ;;
  }
  join: customer_history {
    view_label: "Customers"
    relationship: one_to_one
    sql_on: ${customers.customer_id} = ${customer_history.customer_id} ;;
  }
  join: sites {
    relationship: many_to_one
    sql_on: ${orders.site_id} = ${sites.site_id} ;;
  }
  join: campaigns {
    relationship: many_to_one
    sql_on: ${orders.campaign_id} = ${campaigns.campaign_id} ;;
  }
  join: returns {
    relationship: one_to_one
    sql_on: ${order_items.order_item_id} = ${returns.order_item_id} ;;
  }
}

explore: customers {
  label: "Customers"
  description: "The shop's customers, members and others, with what they ordered."

  join: orders {
    relationship: one_to_many
    sql_on: ${customers.customer_id} = ${orders.customer_id} ;;
  }
  join: order_items {
    relationship: one_to_many
    sql_on: ${orders.order_id} = ${order_items.order_id} ;;
  }
  join: customer_history {
    view_label: "Customers"
    relationship: one_to_one
    sql_on: ${customers.customer_id} = ${customer_history.customer_id} ;;
  }
}

explore: products {
  label: "Products"
  description: "What the shop offers, with what is in stock and what customers think of it."

  join: brands {
    relationship: many_to_one
    sql_on: ${products.brand_id} = ${brands.brand_id} ;;
  }
  join: stock {
    relationship: one_to_many
    sql_on: ${products.product_id} = ${stock.product_id} ;;
  }
  join: reviews {
    relationship: one_to_many
    sql_on: ${products.product_id} = ${reviews.product_id} ;;
  }
}

explore: orders {
  label: "Orders"
  description: "Orders with who placed them, where, and what is in them."

  join: customers {
    relationship: many_to_one
    sql_on: ${orders.customer_id} = ${customers.customer_id} ;;
  }
  join: customer_history {
    view_label: "Customers"
    relationship: one_to_one
    sql_on: ${customers.customer_id} = ${customer_history.customer_id} ;;
  }
  join: sites {
    relationship: many_to_one
    sql_on: ${orders.site_id} = ${sites.site_id} ;;
  }
  join: campaigns {
    relationship: many_to_one
    sql_on: ${orders.campaign_id} = ${campaigns.campaign_id} ;;
    fields: [campaigns.name, campaigns.channel]
  }
  join: order_items {
    relationship: one_to_many
    sql_on: ${orders.order_id} = ${order_items.order_id} ;;
  }
}

explore: returns {
  label: "Returns"
  description: "What came back, why, and what was refunded."
  # here only returned lines are seen: their share of all lines is asked of sales
  fields: [ALL_FIELDS*, -returns.return_rate]

  join: order_items {
    relationship: one_to_one
    sql_on: ${returns.order_item_id} = ${order_items.order_item_id} ;;
    fields: [order_items.is_discounted]
  }
  join: orders {
    relationship: many_to_one
    sql_on: ${order_items.order_id} = ${orders.order_id} ;;
    fields: [orders.order_id, orders.channel, orders.ordered_date, orders.ordered_month, orders.ordered_year]
  }
  join: products {
    relationship: many_to_one
    sql_on: ${order_items.product_id} = ${products.product_id} ;;
    fields: [products.name, products.category]
  }
  join: brands {
    relationship: many_to_one
    sql_on: ${products.brand_id} = ${brands.brand_id} ;;
  }
  join: customers {
    relationship: many_to_one
    sql_on: ${orders.customer_id} = ${customers.customer_id} ;;
    fields: [customers.name, customers.city, customers.country, customers.gender, customers.is_member]
  }
  join: sites {
    relationship: many_to_one
    sql_on: ${orders.site_id} = ${sites.site_id} ;;
    fields: [sites.name, sites.city]
  }
}

explore: stock {
  label: "Stock"
  description: "What lies on the shelves of each site."

  join: products {
    relationship: many_to_one
    sql_on: ${stock.product_id} = ${products.product_id} ;;
  }
  join: brands {
    relationship: many_to_one
    sql_on: ${products.brand_id} = ${brands.brand_id} ;;
  }
  join: sites {
    relationship: many_to_one
    sql_on: ${stock.site_id} = ${sites.site_id} ;;
  }
}

explore: reviews {
  label: "Reviews"
  description: "What customers think of what they bought."

  join: products {
    relationship: many_to_one
    sql_on: ${reviews.product_id} = ${products.product_id} ;;
  }
  join: brands {
    relationship: many_to_one
    sql_on: ${products.brand_id} = ${brands.brand_id} ;;
  }
}

explore: campaigns {
  label: "Campaigns"
  description: "Campaigns with their budgets and the orders that came of them."

  join: orders {
    relationship: one_to_many
    sql_on: ${campaigns.campaign_id} = ${orders.campaign_id} ;;
  }
  join: order_items {
    relationship: one_to_many
    sql_on: ${orders.order_id} = ${order_items.order_id} ;;
  }
}

explore: sites {
  label: "Sites"
  description: "Where the co-operative has a shop."
}

explore: visits {
  label: "Web visits"
  description: "Visits to the web shop, by where they came from."

  join: customers {
    relationship: many_to_one
    sql_on: ${visits.customer_id} = ${customers.customer_id} ;;
  }
}

explore: site_sales {
  extends: [order_items]
  label: "Sales of my site"
  description: "Sales of the sites that a person's user attribute site names, and of no other."
  view_name: order_items
  access_filter: {
    field: sites.name
    user_attribute: site
  }
}

explore: daily_sales {
  label: "Days"
  description: "The shop day by day."
}
