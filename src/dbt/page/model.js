// The data as it is read by the rest: nodes by id, names, the edges that the graph has.
const data = JSON.parse(document.getElementById("data").textContent);
const byId = new Map(data.nodes.map(node => [node.id, node]));
const isTest = node => node.type === "test" || node.type === "unit_test";
const kinds = ["source", "seed", "model", "snapshot", "function", "exposure", "metric", "semantic_model", "saved_query", "analysis", "test", "unit_test"];
const plural = { source: "Sources", seed: "Seeds", model: "Models", snapshot: "Snapshots", function: "Functions", exposure: "Exposures", metric: "Metrics",
  semantic_model: "Semantic models", saved_query: "Saved queries", analysis: "Analyses", test: "Tests", unit_test: "Unit tests" };

function nameOf(node) {
  if (node.type === "source") return node.source_name + "." + node.name;
  return node.version !== undefined ? node.name + ".v" + node.version : node.name;
}
const colorOf = node => ["source", "seed", "model", "snapshot", "exposure"].includes(node.type) ? node.type : "other";
const known = ids => (ids || []).map(id => byId.get(id)).filter(Boolean);
const linkTo = node => "#/node/" + encodeURIComponent(node.id);
const inGraph = node => !isTest(node) && node.type !== "analysis" && !node.hidden;

// "not_null", "accepted_values: [a, b]": a test in few words.
function testText(test) {
  if (test.type === "unit_test") return test.name;
  if (!test.test) return test.name;
  const values = test.arguments ? Object.entries(test.arguments).filter(([key]) => key !== "config") : [];
  const told = values.map(([key, value]) => key + ": " + (typeof value === "string" ? value : JSON.stringify(value))).join(", ");
  const name = test.namespace ? test.namespace + "." + test.test : test.test;
  return told ? name + " (" + (told.length > 90 ? told.slice(0, 88) + "…" : told) + ")" : name;
}

const statusClass = status => ({ pass: "good", success: "good", warn: "warn" })[status] || (["fail", "error", "runtime error"].includes(status) ? "bad" : "soft");

// Every node with what is searched of it, in lower case.
const index = data.nodes.map(node => ({
  node,
  name: nameOf(node).toLowerCase(),
  columns: (node.columns || []).map(column => column.name.toLowerCase()),
  words: [(node.tags || []).join(" "), node.group || "", node.package || "", node.file || "", node.relation_name || ""].join(" ").toLowerCase(),
  text: [node.description || "", ...(node.columns || []).map(column => column.description || "")].join(" ").toLowerCase(),
  code: (node.code || "").toLowerCase()
}));

function bestPlace(entry, word) {
  if (entry.name === word) return [100, ""];
  const at = entry.name.indexOf(word);
  if (at >= 0) return [at === 0 || /[^a-z0-9]/.test(entry.name[at - 1]) ? 80 : 60, ""];
  const column = entry.columns.findIndex(name => name.includes(word));
  if (column >= 0) return [entry.columns[column] === word ? 50 : 40, "column " + entry.node.columns[column].name];
  if (entry.words.includes(word)) return [30, entry.node.file || ""];
  if (entry.text.includes(word)) return [20, snippet(entry.node.description || "", word) || "in a column's description"];
  if (entry.code.includes(word)) return [10, snippet(entry.node.code, word)];
  return null;
}

function snippet(text, word) {
  const at = text.toLowerCase().indexOf(word);
  if (at < 0) return "";
  return (at > 30 ? "…" : "") + text.slice(Math.max(0, at - 30), at + 70).replace(/\s+/g, " ");
}

// All words must be somewhere; the best places come first, what is built before its tests.
function find(query, most) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [];
  if (words.length === 0) return found;
  for (const entry of index) {
    let score = 0, why = "";
    for (const word of words) {
      const place = bestPlace(entry, word);
      if (!place) { score = -1; break; }
      score += place[0];
      why = why || place[1];
    }
    if (score >= 0) found.push({ node: entry.node, score: score - (isTest(entry.node) ? 35 : 0) - entry.name.length / 1000, why });
  }
  return found.sort((a, b) => b.score - a.score).slice(0, most);
}
