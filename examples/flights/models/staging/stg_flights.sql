select
    make_date(year, month, day) as flight_date,
    carrier,
    flight,
    tailnum,
    origin,
    dest,
    dep_delay,
    arr_delay,
    dep_time is null as cancelled,
    air_time,
    distance,
    time_hour,
    _file
from {{ source('raw', 'flights') }}
