{{ config(materialized='external', location='out/some.json.gz') }}
select n, [n] as l from {{ ref('rows') }}
