connection: "fleet"
include: "/*.view.lkml"

explore: trips {
  join: bikes { relationship: many_to_one sql_on: ${trips.bike_id} = ${bikes.id} ;; }
  join: start_station { from: stations relationship: many_to_one sql_on: ${trips.start_station_id} = ${start_station.id} ;; }
  join: end_station { from: stations relationship: many_to_one sql_on: ${trips.end_station_id} = ${end_station.id} ;; }
}
explore: bikes {
  join: repairs { relationship: one_to_many sql_on: ${bikes.id} = ${repairs.bike_id} ;; }
}
explore: repairs {
  join: bikes { relationship: many_to_one sql_on: ${repairs.bike_id} = ${bikes.id} ;; }
}
