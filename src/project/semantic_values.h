// Metrics and semantic models as dbt's manifest has them, of what their YAML says in shorter words.
#pragma once

#include "base/json.h"

namespace weir::project {

// filter: "…" becomes {where_filters: […]}, window: 7 days {count: 7, granularity: day}, measure: revenue {name:
// revenue}.
Json metric_body(Json written);
// The model's relation is set by who knows it.
Json semantic_model_body(Json written);
// The metric that a measure with create_metric: true stands for.
Json measure_metric(const Json& measure);
// `config` is the query's own, which its exports begin with.
Json saved_query_body(Json written, const Json& config);

}  // namespace weir::project
