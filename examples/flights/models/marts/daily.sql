{{ config(materialized='incremental', incremental_strategy='merge', unique_key=['flight_date', 'origin']) }}
{# One row a day and airport. Only days that are new, or as late as the last one known, are counted again. #}
select
    flight_date,
    origin,
    count(*) as flights,
    count(*) filter (where cancelled) as cancelled,
    {{ share('dep_delay > 15', 'not cancelled') }} as late_share,
    round(avg(dep_delay), 2) as mean_dep_delay,
    max(dep_delay) as worst_dep_delay
from {{ ref('stg_flights') }}
{% if is_incremental() %}
where flight_date >= (select max(flight_date) from {{ this }})
{% endif %}
group by flight_date, origin
