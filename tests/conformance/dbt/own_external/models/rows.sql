{{ config(materialized='table') }}
select a.n, b.m, e.n as e
from {{ source('files', 'a') }} a
left join {{ source('files', 'b') }} b using (n)
join {{ source('files', 'c') }} c using (n)
join {{ source('files', 'd') }} d using (n)
left join {{ source('files', 'e') }} e using (n)
