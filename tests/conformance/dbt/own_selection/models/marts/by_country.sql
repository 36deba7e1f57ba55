{{ config(alias='per_country', contract={'enforced': true}) }}
select n.name as country, cast(count(*) as bigint) as customers from {{ ref('customers', v=1) }} c, {{ ref('countries') }} n group by 1
