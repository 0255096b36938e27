project_name: "osier_wheel"

constant: money {
  value: "eur"
}
