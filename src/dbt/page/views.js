// The pages: start, node, lineage, all hits of a search. Each fills #main.
const main = document.getElementById("main");

function element(html) {
  const made = document.createElement("template");
  made.innerHTML = html.trim();
  return made.content.firstElementChild;
}

const kindBadge = node => "<span class='kind " + colorOf(node) + "'>" + escaped(node.type === "exposure" && node.exposure_type ? node.exposure_type : node.type.replace("_", " ")) + "</span>";
const nodeLink = node => "<a href='" + linkTo(node) + "' title='" + escaped(nameOf(node)) + "'><span class='dot " + colorOf(node) + "'></span>" + escaped(nameOf(node)) + "</a>";
const linkList = nodes => "<div class=links>" + nodes.map(nodeLink).join("") + "</div>";

function resultText(result) {
  if (!result) return "";
  const failures = result.failures > 0 ? " · " + result.failures + (result.failures === 1 ? " failure" : " failures") : "";
  return "<span class=" + statusClass(result.status) + " title='" + escaped(result.message || "") + "'>" + escaped(result.status) + failures + "</span>";
}

function testsOf(node) {
  const ids = new Set(node.tests || []);
  for (const column of node.columns || []) for (const id of column.tests || []) ids.add(id);
  return known([...ids]);
}

function showHome() {
  const counts = kinds.map(kind => [kind, data.nodes.filter(node => node.type === kind).length]).filter(([, count]) => count > 0);
  const failing = data.nodes.filter(node => node.result && ["bad", "warn"].includes(statusClass(node.result.status)));
  let html = "<div class=page><div class=crumb>" + escaped(data.adapter || "") + (data.generated_at ? " · made " + escaped(data.generated_at.slice(0, 16).replace("T", " ")) + " UTC" : "") + "</div>";
  html += "<h1>" + escaped(data.project) + "</h1><div class=cards>" +
    counts.map(([kind, count]) => "<a href='#/kind/" + kind + "'><b>" + count + "</b>" + plural[kind] + "</a>").join("") + "</div>";
  if (failing.length > 0)
    html += "<h2>Not well in the last run<small>" + failing.length + "</small></h2><div class=wide><table>" + failing.slice(0, 50).map(node =>
      "<tr><td>" + nodeLink(node) + "<td>" + resultText(node.result) + "<td class=soft>" + escaped(node.result.message || "")).join("") + "</table></div>";
  if (data.overview) html += "<div class=text>" + markdown(data.overview) + "</div>";
  else html += "<h2>How to read this</h2><p>The list on the left follows the project's folders, or the schemas that the tables are in. <kbd>/</kbd> searches names, columns, descriptions and SQL; the lineage graph shows what is made of what.</p>";
  main.innerHTML = html + "</div>";
  const linked = data.nodes.filter(node => inGraph(node) && (node.parents || node.children));
  if (linked.length === 0 || linked.length > 80) return;
  const graph = graphView(linked, null, false);
  graph.style.height = nearHeight(graph);
  main.firstChild.append(element("<h2>Lineage</h2>"), graph);
}

function showKind(kind) {
  const nodes = data.nodes.filter(node => node.type === kind).sort((a, b) => nameOf(a) < nameOf(b) ? -1 : 1);
  main.innerHTML = "<div class=page><h1>" + escaped(plural[kind] || kind) + "</h1><p class=soft>" + nodes.length + "</p><div class=wide><table>" +
    nodes.map(node => "<tr><td>" + nodeLink(node) + "<td class=soft>" + escaped((node.description || "").split("\n")[0].slice(0, 140)) + "<td>" + resultText(node.result)).join("") + "</table></div></div>";
}

function factsOf(node) {
  const facts = [];
  const add = (name, value) => { if (value !== undefined && value !== null && value !== "") facts.push([name, value]); };
  const text = value => escaped(Array.isArray(value) ? value.join(", ") : typeof value === "object" ? JSON.stringify(value) : value);
  if (node.materialized && !isTest(node)) add("Materialized", text(node.materialized));
  else if (node.kind) add("Is a", text(node.kind.toLowerCase()));
  add("Relation", node.relation_name ? "<code>" + text(node.relation_name.replace(/"/g, "")) + "</code>" : "");
  const argumentText = one => one.name + " " + one.data_type + (one.default_value === null ? "" : " := " + one.default_value);
  if (node.returns) add("Call", "<code>" + text(node.name + "(" + (node.arguments || []).map(argumentText).join(", ") + ") → " + node.returns.data_type) + "</code>");
  for (const stat of node.stats || []) add(stat.label, escaped(statText(stat)));
  add("Package", node.package !== data.project ? text(node.package) : "");
  for (const [name, key] of [["Group", "group"], ["Access", "access"], ["Latest version", "latest_version"], ["Deprecated from", "deprecation_date"], ["Unique key", "unique_key"], ["Strategy", "incremental_strategy"],
    ["Snapshot strategy", "strategy"], ["Severity", "severity"], ["Maturity", "maturity"], ["Loader", "loader"]])
    if (node[key] !== undefined && !(key === "access" && node.access === "protected")) add(name, text(node[key]));
  if (node.contract) add("Contract", "enforced");
  if (node.owner) add("Owner", text([node.owner.name, node.owner.email].filter(Boolean).join(", ")));
  if (node.url && /^https?:/i.test(node.url)) add("Link", "<a rel=noopener target=_blank href='" + escaped(node.url) + "'>" + escaped(node.url) + "</a>");
  add("Last run", resultText(node.result));
  if (node.tags) add("Tags", node.tags.map(tag => "<span class=tag>" + escaped(tag) + "</span>").join(""));
  for (const [key, value] of Object.entries(node.meta || {})) add(escaped(key), text(value));
  return facts.length === 0 ? "" : "<dl class=facts>" + facts.map(([name, value]) => "<div><dt>" + name + "<dd>" + value + "</div>").join("") + "</dl>";
}

function columnsOf(node) {
  const columns = node.columns || [];
  if (columns.length === 0) return "";
  const row = column => {
    const tests = known(column.tests).map(test => "<a class=tag href='" + linkTo(test) + "'>" + escaped(testText(test)) + (test.result ? " " + resultText(test.result) : "") + "</a>").join(" ");
    const tags = (column.tags || []).map(tag => "<span class=tag>" + escaped(tag) + "</span>").join("");
    const [from, into] = waysOf(node, column);
    const way = from + into === 0 ? "" : "<button class='plain way' aria-expanded=false title='Where it comes from, and where it goes'>" + from + " → · → " + into + "</button>";
    return "<tr id='c-" + escaped(column.name) + "'><td class=name>" + escaped(column.name) + way + "<td class=type>" + escaped(column.type || column.declared || "") +
      "<td class=text>" + markdown(column.description || column.comment || "") + tags + "<td>" + tests;
  };
  return "<h2>Columns<small>" + columns.length + "</small></h2><div class=wide><table><tr><th>Name<th>Type<th>Description<th>Tests</tr>" + columns.map(row).join("") + "</table></div>";
}

function testTable(node) {
  const tests = testsOf(node);
  if (tests.length === 0) return "";
  return "<h2>Tests<small>" + tests.length + "</small></h2><div class=wide><table>" + tests.map(test => "<tr><td><a href='" + linkTo(test) + "'>" + escaped(testText(test)) + "</a><td class=name>" +
    escaped(test.column_name || "") + "<td class=soft>" + test.type.replace("_", " ") + "<td>" + resultText(test.result)).join("") + "</table></div>";
}

function codesOf(node) {
  const codes = [["Source", node.code], ["Compiled", node.compiled]].filter(([, text]) => text);
  if (codes.length === 0) return null;
  const box = element("<div class=codes><div></div><pre></pre></div>"), bar = box.firstChild;
  let shown = codes[0];
  const show = code => {
    shown = code;
    box.lastChild.innerHTML = sql(code[1].trim());
    for (const button of bar.querySelectorAll("button:not(.copy)")) button.classList.toggle("on", button.textContent === code[0]);
  };
  for (const code of codes) {
    const button = element("<button>" + code[0] + "</button>");
    button.onclick = () => show(code);
    bar.append(button);
  }
  const copy = element("<button class=copy>Copy</button>");
  copy.onclick = () => {
    if (!navigator.clipboard) return;
    navigator.clipboard.writeText(shown[1]).then(() => { copy.textContent = "Copied"; setTimeout(() => { copy.textContent = "Copy"; }, 1200); });
  };
  bar.append(copy);
  show(shown);
  return box;
}

const nearHeight = graph => Math.max(120, Math.min(460, graph.sceneHeight + 30)) + "px";

function rowsTable(rows) {
  if (!Array.isArray(rows) || rows.length === 0) return "<p class=soft>no rows</p>";
  const names = [...new Set(rows.flatMap(Object.keys))];
  return "<div class=wide><table><tr>" + names.map(name => "<th>" + escaped(name)).join("") + "</tr>" +
    rows.map(row => "<tr>" + names.map(name => "<td class=name>" + escaped(row[name] ?? "NULL")).join("")).join("") + "</table></div>";
}
const givenRows = given => given.format === "sql" ? "<pre>" + sql(String(given.rows)) + "</pre>" : rowsTable(given.rows);

function showNode(id, column) {
  const node = byId.get(id);
  if (!node) { main.innerHTML = "<div class=page><h1>Not here</h1><p>The project has no <code>" + escaped(id) + "</code>.</p></div>"; return; }
  const title = isTest(node) && node.test ? testText(node) : node.label || nameOf(node);
  let html = "<div class=page><div class=crumb>" + (node.package ? escaped(node.package) + " / " : "") + escaped(node.file || "") + "</div>" +
    "<div class=title><h1>" + escaped(title) + "</h1>" + kindBadge(node) + "</div>" + factsOf(node);
  if (node.source_description) html += "<div class=text>" + markdown(node.source_description) + "</div>";
  html += "<div class=text>" + (node.description ? markdown(node.description) : node.comment ? markdown(node.comment) : isTest(node) ? "" : "<p class=soft>No description.</p>") + "</div>";
  const attached = node.attached && byId.get(node.attached);
  if (attached) html += "<h2>Tests</h2>" + linkList([attached]);
  for (const given of node.given || []) html += "<h2>Given <code>" + escaped(given.input) + "</code></h2>" + givenRows(given);
  if (node.expect) html += "<h2>Expected</h2>" + givenRows(node.expect);
  html += "<div id=near></div>" + columnsOf(node) + testTable(node) + "<div id=code></div>";
  const parents = known(node.parents), children = known(node.children);
  const others = parents.filter(parent => parent !== attached);
  if (others.length > 0) html += "<h2>Depends on<small>" + others.length + "</small></h2>" + linkList(others);
  if (children.length > 0) html += "<h2>Referenced by<small>" + children.length + "</small></h2>" + linkList(children);
  main.innerHTML = html + "</div>";
  const box = codesOf(node);
  if (box) { main.querySelector("#code").append(element("<h2>SQL</h2>"), box); }
  if (inGraph(node) && (parents.length > 0 || children.length > 0)) {
    const graph = graphView(around([node], 1, 1), node, false);
    graph.style.height = nearHeight(graph);
    graph.querySelector(".tools").append(element("<a class='plain' style='padding:0 .5rem' href='#/lineage/" + encodeURIComponent(node.id) + "'>whole way</a>"));
    main.querySelector("#near").append(element("<h2>Lineage</h2>"), graph);
  }
  for (const button of main.querySelectorAll("button.way")) button.onclick = () => toggleWays(node, button.closest("tr"));
  const row = column && [...main.querySelectorAll("tr[id^=c-]")].find(each => each.id.toLowerCase() === "c-" + column.toLowerCase());
  if (row) { row.classList.add("found"); toggleWays(node, row, true); row.scrollIntoView({ block: "center" }); }
}

function showLineage(id) {
  const self = id && byId.get(id);
  const shown = self ? around([self], 100000, 100000) : data.nodes.filter(inGraph);
  const linked = shown.filter(node => self || known(node.parents).length > 0 || known(node.children).some(inGraph));
  main.innerHTML = "";
  if (linked.length === 0) { main.innerHTML = "<div class=page><h1>Lineage</h1><p class=soft>Nothing depends on anything here.</p></div>"; return; }
  const graph = graphView(linked, self || null, true);
  graph.classList.add("whole");
  const tools = graph.querySelector(".tools");
  const names = "<datalist id=names>" + data.nodes.filter(inGraph).map(node => "<option value='" + escaped(nameOf(node)) + "'>").join("") + "</datalist>";
  const pick = element("<label>of <input list=names placeholder='all tables' value='" + escaped(self ? nameOf(self) : "") + "'>" + names + "</label>");
  pick.querySelector("input").onchange = event => {
    const found = data.nodes.find(node => inGraph(node) && nameOf(node) === event.target.value.trim());
    if (found || event.target.value.trim() === "") location.hash = found ? "#/lineage/" + encodeURIComponent(found.id) : "#/lineage";
  };
  tools.prepend(pick);
  main.append(graph);
}

function showSearch(query) {
  const hits = find(query, 500);
  main.innerHTML = "<div class=page><h1>Search</h1><p class=soft>" + hits.length + (hits.length === 500 ? " or more" : "") + " for “" + escaped(query) + "”</p><div class=wide><table>" + hits.map(hit =>
    "<tr><td>" + nodeLink(hit.node) + "<td>" + kindBadge(hit.node) + "<td class=soft>" + marked(hit.why || (hit.node.description || "").split("\n")[0].slice(0, 140), query)).join("") + "</table></div></div>";
}
