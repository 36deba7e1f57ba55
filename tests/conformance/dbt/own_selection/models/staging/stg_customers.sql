{{ config(tags=['pii'], meta={'owner': 'bob', 'areas': ['crm', 'sales']}) }}
select id, {{ cleaned('name') }} as name, code from {{ source('crm', 'customers') }}
