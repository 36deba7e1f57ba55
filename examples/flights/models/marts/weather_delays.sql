select
    case when w.precip > 0 then 'rain' when w.visib < 3 then 'fog' when w.wind_speed > 25 then 'wind' else 'fair' end as sky,
    count(*) as flights,
    round(avg(f.dep_delay), 2) as mean_dep_delay,
    {{ share('f.cancelled', 'true') }} as cancelled_share
from {{ ref('stg_flights') }} as f
join {{ ref('stg_weather') }} as w on w.origin = f.origin and w.time_hour = f.time_hour
group by sky
