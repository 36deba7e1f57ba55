select
    f.carrier,
    a.name,
    count(*) as flights,
    {{ share('f.cancelled', 'true') }} as cancelled_share,
    round(avg(f.arr_delay), 2) as mean_arr_delay,
    median(f.arr_delay) as median_arr_delay
from {{ ref('stg_flights') }} as f
left join {{ source('raw', 'airlines') }} as a on a.carrier = f.carrier
group by f.carrier, a.name
