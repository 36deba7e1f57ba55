select 'ann' as customer, 0.5 as rate
