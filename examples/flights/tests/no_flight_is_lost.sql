-- Every flight of the raw table is counted once by the daily mart.
select r.flights as raw_flights, d.flights as counted
from (select count(*) as flights from {{ source('raw', 'flights') }}) as r,
     (select sum(flights) as flights from {{ ref('daily') }}) as d
where r.flights <> d.flights
