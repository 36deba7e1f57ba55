{{ config(materialized='external', location='out/empty.csv') }}
select n, 'a' as t from {{ ref('rows') }} where n < 0
