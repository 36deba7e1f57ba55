// The ways of columns: what a column is made of, and what is made of it.
const spot = (id, column) => id + "\u0000" + column.toLowerCase();
const madeOf = new Map(), madeInto = new Map();
for (const node of data.nodes) {
  const put = (column, from) => {
    madeOf.set(spot(node.id, column), from);
    if (node.materialized === "ephemeral") return;  // seen through: what reads it comes from what is behind it
    for (const [id, input, kinds] of from) {
      const key = spot(id, input);
      if (!madeInto.has(key)) madeInto.set(key, []);
      madeInto.get(key).push([node.id, column, kinds]);
    }
  };
  for (const column of node.columns || []) put(column.name, column.from || []);
  put("", node.rows || []);
}
const isDirect = kinds => /identity|transformation|aggregation/.test(kinds);

function columnLink(id, column) {
  const node = byId.get(id), name = (node ? nameOf(node) : id) + (column ? "." + column : "");
  const dot = node ? "<span class='dot " + colorOf(node) + "'></span>" : "";
  const text = dot + escaped(name) + (column ? "" : " <span class=soft>rows</span>");
  return node ? "<a href='" + linkTo(node) + (column ? "/" + encodeURIComponent(column) : "") + "'>" + text + "</a>" : text;
}
const wayItem = ([id, column, kinds]) => columnLink(id, column) + " " + kinds.split(" ").map(kind =>
  "<span class='how" + (isDirect(kind) ? " direct" : "") + "'>" + escaped(kind.replace("_", " ")) + "</span>").join("");

// Follows what values are made of; what only decides is named where it does. A place is drawn out once.
function wayTree(ways, start) {
  const drawn = new Set([start]);
  const below = key => {
    const edges = [...(ways.get(key) || [])].sort((a, b) => isDirect(b[2]) - isDirect(a[2]));
    return edges.length === 0 ? "" : "<ul>" + edges.map(edge => {
      const next = spot(edge[0], edge[1]);
      if (!edge[1] || !isDirect(edge[2])) return "<li>" + wayItem(edge);
      const again = drawn.has(next);
      drawn.add(next);
      return "<li>" + wayItem(edge) + (again ? "" : below(next));
    }).join("") + "</ul>";
  };
  return below(start);
}

function columnWays(node, column) {
  const key = spot(node.id, column.name), rows = node.rows || [];
  const from = wayTree(madeOf, key), into = wayTree(madeInto, key);
  return "<div class=ways><div><h3>Comes from</h3>" + (from || "<p class=soft>no other column</p>") +
    (rows.length === 0 ? "" : "<h3>Rows decided by</h3><ul>" + rows.map(edge => "<li>" + wayItem(edge)).join("") + "</ul>") +
    "</div><div><h3>Goes into</h3>" + (into || "<p class=soft>no other column</p>") + "</div></div>";
}

const waysOf = (node, column) => [(madeOf.get(spot(node.id, column.name)) || []).length, (madeInto.get(spot(node.id, column.name)) || []).length];

// Opens or shuts the ways of the column whose row this is.
function toggleWays(node, row, open) {
  const button = row.querySelector("button.way"), next = row.nextElementSibling;
  const shown = next && next.classList.contains("waysrow");
  if (!button || open === Boolean(shown)) return;
  button.setAttribute("aria-expanded", String(!shown));
  if (shown) { next.remove(); return; }
  const column = node.columns.find(each => "c-" + each.name === row.id);
  const made = document.createElement("tr");
  made.className = "waysrow";
  made.innerHTML = "<td colspan=4>" + columnWays(node, column);
  row.after(made);
}
