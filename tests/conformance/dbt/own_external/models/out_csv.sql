{{ config(materialized='external', location='out/some.csv', delimiter='|') }}
select n, 'a|b' as t from {{ ref('rows') }}
