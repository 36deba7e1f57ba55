select
    f.origin,
    f.dest,
    p.name as dest_name,
    count(*) as flights,
    round(avg(f.air_time), 1) as mean_air_time,
    any_value(f.distance) as distance
from {{ ref('stg_flights') }} as f
left join {{ source('raw', 'airports') }} as p on p.faa = f.dest
group by f.origin, f.dest, p.name
