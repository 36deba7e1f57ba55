{{ config(severity='warn', tags=['nightly']) }}
select 1 from {{ ref('report') }} r, {{ ref('by_country') }} b where r.amount < b.customers
