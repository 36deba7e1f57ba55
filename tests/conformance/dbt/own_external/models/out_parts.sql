{{ config(materialized='external', location='out/parts', options={'partition_by': 'n, m', 'overwrite_or_ignore': true}) }}
select n, coalesce(m, 'none') as m, 'v' as v from {{ ref('rows') }}
