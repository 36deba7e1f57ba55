select flight_date, origin
from {{ ref('daily') }}
group by flight_date, origin
having count(*) > 1
