// The frame: routes, the list on the left, the search box, light and dark.
const byElement = id => document.getElementById(id);
const remembered = {  // a page from a file may not be allowed to keep anything
  get(key) { try { return localStorage.getItem(key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem(key, value); } catch { /* not kept */ } }
};

function setTheme(theme) { document.documentElement.dataset.theme = theme; }
setTheme(remembered.get("theme") || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"));
byElement("theme").onclick = () => {
  const theme = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  setTheme(theme);
  remembered.set("theme", theme);
};
document.title = data.project + " · documentation";
byElement("home").textContent = data.project;
byElement("menu").onclick = () => document.body.classList.toggle("menu");

// ---- the list

function branch(root, path, node) {
  let at = root;
  for (const step of path) {
    if (!at.below.has(step)) at.below.set(step, { below: new Map(), leaves: [] });
    at = at.below.get(step);
  }
  at.leaves.push(node);
}

function treeOf(by) {
  const root = { below: new Map(), leaves: [] };
  for (const node of data.nodes) {
    if (node.hidden || isTest(node)) continue;
    if (by === "database") {
      if (node.relation_name) branch(root, [node.database || "", node.schema || ""].filter(Boolean), node);
    } else if (node.type === "source") {
      branch(root, ["Sources", node.source_name], node);
    } else if (["exposure", "metric", "semantic_model", "saved_query"].includes(node.type)) {
      branch(root, [plural[node.type]], node);
    } else {
      branch(root, [node.package, ...(node.file || "").split("/").slice(0, -1)], node);
    }
  }
  return root;
}

const leavesOf = at => at.leaves.length + [...at.below.values()].reduce((sum, below) => sum + leavesOf(below), 0);
const treeName = (node, by) => by === "database" ? (node.relation_name || "").split(".").pop().replace(/"/g, "") || node.name : node.type === "source" ? node.name : nameOf(node);

function drawTree(at, by, depth) {
  const part = document.createDocumentFragment();
  for (const [name, below] of [...at.below].sort((a, b) => a[0] < b[0] ? -1 : 1)) {
    const fold = element("<details><summary>" + escaped(name) + " <span class=soft>" + leavesOf(below) + "</span></summary><div></div></details>");
    const fill = () => { if (!fold.lastChild.firstChild) fold.lastChild.append(drawTree(below, by, depth + 1)); };
    fold.addEventListener("toggle", () => { if (fold.open) fill(); });
    fold.fill = fill;
    if (depth === 0 || (depth < 2 && leavesOf(at) <= 400)) { fold.open = true; fill(); }
    part.append(fold);
  }
  for (const node of [...at.leaves].sort((a, b) => treeName(a, by) < treeName(b, by) ? -1 : 1)) {
    const link = element("<a href='" + linkTo(node) + "' title='" + escaped(nameOf(node)) + "'><span class='dot " + colorOf(node) + "'></span>" + escaped(treeName(node, by)) + "</a>");
    link.dataset.id = node.id;
    part.append(link);
  }
  return part;
}

let listedBy = remembered.get("list") || "project";
function drawList() {
  for (const button of document.querySelectorAll("#tabs button")) button.classList.toggle("on", button.dataset.by === listedBy);
  byElement("tree").replaceChildren(drawTree(treeOf(listedBy), listedBy, 0));
}
for (const button of document.querySelectorAll("#tabs button"))
  button.onclick = () => { listedBy = button.dataset.by; remembered.set("list", listedBy); drawList(); markInList(); };

// Opens what is on the way to the node that is shown.
function markInList() {
  for (const link of document.querySelectorAll("#tree a.on")) link.classList.remove("on");
  const [page, id] = route();
  if (page !== "node") return;
  const pathTo = (folds) => {
    for (const fold of folds) {
      fold.fill();
      const inside = fold.lastChild;
      const link = [...inside.children].find(child => child.dataset && child.dataset.id === id);
      if (link || pathTo([...inside.children].filter(child => child.tagName === "DETAILS"))) { fold.open = true; return true; }
    }
    return false;
  };
  pathTo([...byElement("tree").children].filter(child => child.tagName === "DETAILS"));
  const link = [...document.querySelectorAll("#tree a")].find(item => item.dataset.id === id);
  if (!link) return;
  link.classList.add("on");
  link.scrollIntoView({ block: "nearest" });
}

// ---- search

const box = byElement("search"), hits = byElement("hits");
let chosen = -1;
function drawHits() {
  const query = box.value.trim(), found = find(query, 30);
  chosen = found.length > 0 ? 0 : -1;
  hits.hidden = query === "";
  hits.innerHTML = found.length === 0 ? "<div class=none>nothing found</div>" : found.map((hit, i) => {
    const column = hit.why.startsWith("column ") ? "/" + encodeURIComponent(hit.why.slice(7)) : "";
    return "<a href='" + linkTo(hit.node) + column + "' class='" + (i === 0 ? "on" : "") + "'>" + kindBadge(hit.node) + " " + marked(isTest(hit.node) ? testText(hit.node) : nameOf(hit.node), query) +
      "<div class=why>" + marked(hit.why || (hit.node.description || "").split("\n")[0], query) + "</div></a>";
  }).join("") + (found.length === 30 ? "<a href='#/search/" + encodeURIComponent(query) + "'>all of them…</a>" : "");
}
function closeHits() { hits.hidden = true; }
box.addEventListener("input", drawHits);
box.addEventListener("focus", () => { if (box.value) drawHits(); });
box.addEventListener("keydown", event => {
  const links = [...hits.querySelectorAll("a")];
  if (event.key === "Escape") { closeHits(); box.blur(); }
  else if (event.key === "Enter" && chosen >= 0 && links[chosen]) { location.hash = links[chosen].getAttribute("href"); closeHits(); box.blur(); }
  else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
    event.preventDefault();
    chosen = Math.max(0, Math.min(links.length - 1, chosen + (event.key === "ArrowDown" ? 1 : -1)));
    links.forEach((link, i) => link.classList.toggle("on", i === chosen));
    if (links[chosen]) links[chosen].scrollIntoView({ block: "nearest" });
  }
});
hits.addEventListener("click", closeHits);
document.addEventListener("click", event => { if (!byElement("finder").contains(event.target)) closeHits(); });
document.addEventListener("keydown", event => {
  if (event.key === "/" && !event.ctrlKey && !event.metaKey && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
    event.preventDefault();
    box.focus();
    box.select();
  }
});

// ---- routes

const route = () => location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
function show() {
  const [page, what, more] = route();
  closeHits();
  document.body.classList.remove("menu");
  if (page === "node") showNode(what, more);
  else if (page === "lineage") showLineage(what);
  else if (page === "kind") showKind(what);
  else if (page === "search") showSearch(what || "");
  else showHome();
  if (!(page === "node" && more)) main.scrollTop = 0;
  markInList();
}
addEventListener("hashchange", show);
drawList();
show();
