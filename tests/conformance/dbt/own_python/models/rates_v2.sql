select 'ann' as customer, 0.25 as rate union all select 'bob', 0.75
