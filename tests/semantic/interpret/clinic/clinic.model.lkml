connection: "clinic"
include: "/*.view.lkml"

explore: visits {
  join: patients { relationship: many_to_one sql_on: ${visits.patient_id} = ${patients.patient_id} ;; }
  join: doctors { relationship: many_to_one sql_on: ${visits.doctor_id} = ${doctors.doctor_id} ;; }
}
explore: patients {}
explore: doctors {}
