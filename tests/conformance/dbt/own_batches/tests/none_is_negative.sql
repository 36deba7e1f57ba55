select * from {{ ref('through') }} where amount < 0
