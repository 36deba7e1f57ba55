// The graph of tables: layers from left to right by the longest way from a source, few crossings, pan and zoom.
const boxWidth = 196, boxHeight = 30, gapX = 64, gapY = 12;

// Everything within `up` steps against the arrows and `down` steps along them.
function around(start, up, down) {
  const found = new Set(start.map(node => node.id));
  for (const [key, steps] of [["parents", up], ["children", down]]) {
    let edge = start;
    for (let step = 0; step < steps && edge.length > 0; step++) {
      const next = [];
      for (const node of edge)
        for (const other of known(node[key]))
          if (inGraph(other) && !found.has(other.id)) { found.add(other.id); next.push(other); }
      edge = next;
    }
  }
  return data.nodes.filter(node => found.has(node.id));
}

function layersOf(nodes) {
  const inside = new Set(nodes.map(node => node.id)), layer = new Map(), waiting = new Map();
  const parents = node => (node.parents || []).filter(id => inside.has(id));
  const children = node => (node.children || []).filter(id => inside.has(id));
  const ready = [];
  for (const node of nodes) {
    waiting.set(node.id, parents(node).length);
    if (waiting.get(node.id) === 0) { ready.push(node); layer.set(node.id, 0); }
  }
  const order = [];
  while (ready.length > 0) {
    const node = ready.pop();
    order.push(node);
    for (const id of children(node)) {
      layer.set(id, Math.max(layer.get(id) || 0, layer.get(node.id) + 1));
      waiting.set(id, waiting.get(id) - 1);
      if (waiting.get(id) === 0) ready.push(byId.get(id));
    }
  }
  // What nothing comes before stands close to who reads it.
  for (const node of order.reverse())
    if (parents(node).length === 0 && children(node).length > 0) layer.set(node.id, Math.min(...children(node).map(id => layer.get(id))) - 1);
  return layer;
}

// Points of boxes, and of the bends of edges that pass layers.
function layout(nodes) {
  const layer = layersOf(nodes), rows = [], points = new Map(), edges = [];
  const put = (id, at, size) => {
    const point = { id, layer: at, size, before: [], after: [] };
    (rows[at] = rows[at] || []).push(point);
    points.set(id, point);
    return point;
  };
  for (const node of [...nodes].sort((a, b) => nameOf(a) < nameOf(b) ? -1 : 1)) put(node.id, layer.get(node.id) || 0, boxHeight + gapY);
  for (const node of nodes)
    for (const id of node.children || []) {
      if (!points.has(id)) continue;
      const way = [points.get(node.id)];
      for (let at = way[0].layer + 1; at < points.get(id).layer; at++) way.push(put(node.id + ">" + id + "@" + at, at, gapY));
      way.push(points.get(id));
      for (let i = 1; i < way.length; i++) { way[i - 1].after.push(way[i]); way[i].before.push(way[i - 1]); }
      edges.push({ from: node.id, to: id, way });
    }
  const place = row => { let y = 0; for (const point of row) { point.y = y + point.size / 2; y += point.size; } row.height = y; };
  for (let at = 0; at < rows.length; at++) place(rows[at] = rows[at] || []);
  const middle = list => list.reduce((sum, point) => sum + point.y / rows[point.layer].height, 0) / list.length;
  for (let sweep = 0; sweep < 8; sweep++) {
    const key = sweep % 2 === 0 ? "before" : "after", sequence = sweep % 2 === 0 ? rows : [...rows].reverse();
    for (const row of sequence) {
      for (const point of row) point.want = point[key].length > 0 ? middle(point[key]) : row.height > 0 ? point.y / row.height : 0;
      row.sort((a, b) => a.want - b.want);
      place(row);
    }
  }
  // Then each row as near to its neighbours as its order allows.
  const tallest = Math.max(...rows.map(row => row.height), 1);
  for (const row of rows) for (const point of row) point.y += (tallest - row.height) / 2;
  for (let sweep = 0; sweep < 6; sweep++)
    for (const row of sweep % 2 === 0 ? rows : [...rows].reverse()) settle(row, sweep % 2 === 0 ? "before" : "after");
  let top = Infinity, bottom = -Infinity;
  for (const row of rows) for (const point of row) { point.x = point.layer * (boxWidth + gapX); top = Math.min(top, point.y); bottom = Math.max(bottom, point.y); }
  return { points, edges, width: rows.length * (boxWidth + gapX) - gapX, top: top - boxHeight, height: bottom - top + 2 * boxHeight };
}

// Moves runs of points to the mean of where they would like to be (pool adjacent violators).
function settle(row, key) {
  const blocks = [];
  let offset = 0;
  for (const point of row) {
    const others = point[key];
    const want = (others.length > 0 ? others.reduce((sum, other) => sum + other.y, 0) / others.length : point.y) - offset - point.size / 2;
    blocks.push({ points: [[point, offset + point.size / 2]], sum: want, count: 1 });
    offset += point.size;
    while (blocks.length > 1) {
      const last = blocks[blocks.length - 1], previous = blocks[blocks.length - 2];
      if (previous.sum / previous.count <= last.sum / last.count) break;
      previous.points.push(...last.points); previous.sum += last.sum; previous.count += last.count;
      blocks.pop();
    }
  }
  for (const block of blocks) for (const [point, at] of block.points) point.y = block.sum / block.count + at;
}

const svgNode = (name, attributes) => {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const key in attributes) made.setAttribute(key, attributes[key]);
  return made;
};

function pathOf(edge) {
  let text = "";
  edge.way.forEach((point, i) => {
    const box = i === 0 || i === edge.way.length - 1;
    const left = point.x + (i === 0 ? boxWidth : 0), right = point.x + (box && i > 0 ? 0 : boxWidth);
    if (i === 0) { text = "M" + left + " " + point.y; return; }
    const before = edge.way[i - 1], from = before.x + boxWidth, bend = (point.x - from) / 2;
    text += "C" + (from + bend) + " " + before.y + " " + (point.x - bend) + " " + point.y + " " + point.x + " " + point.y;
    if (right > point.x) text += "L" + right + " " + point.y;
  });
  return text;
}

// An element with the graph of `nodes`; `self` is the one in the middle, wheel says whether the wheel alone zooms.
function graphView(nodes, self, wheel) {
  const frame = document.createElement("div");
  frame.className = "graph";
  const svg = svgNode("svg", { role: "img", "aria-label": "Lineage of " + nodes.length + " nodes" }), scene = svgNode("g", {});
  svg.append(scene);
  frame.append(svg);
  const plan = layout(nodes), lines = [], boxes = new Map();
  for (const edge of plan.edges) {
    const line = svgNode("path", { class: "edge", d: pathOf(edge) });
    lines.push([edge, line]);
    scene.append(line);
  }
  for (const node of nodes) {
    const point = plan.points.get(node.id), name = nameOf(node);
    const box = svgNode("a", { class: "node " + colorOf(node) + (node === self ? " self" : ""), href: linkTo(node), transform: "translate(" + point.x + " " + (point.y - boxHeight / 2) + ")" });
    box.append(svgNode("rect", { width: boxWidth, height: boxHeight, rx: 7 }));
    const label = svgNode("text", { x: 11, y: 19.5 });
    label.textContent = name.length > 27 ? name.slice(0, 26) + "…" : name;
    const title = svgNode("title", {});
    title.textContent = name + " · " + node.type + (node.materialized ? " (" + node.materialized + ")" : "");
    if (node.color) box.querySelector("rect").style.stroke = /^[#\w]+$/.test(node.color) ? node.color : "";
    box.append(label, title);
    box.addEventListener("mouseenter", () => light(node));
    box.addEventListener("mouseleave", () => svg.classList.remove("lit"));
    boxes.set(node.id, box);
    scene.append(box);
  }
  function light(node) {
    const hot = new Set([node.id]);
    for (const key of ["parents", "children"]) {
      const queue = [node], seen = new Set([node.id]);
      while (queue.length > 0)
        for (const id of queue.pop()[key] || [])
          if (boxes.has(id) && !seen.has(id)) { seen.add(id); hot.add(id); queue.push(byId.get(id)); }
    }
    for (const [id, box] of boxes) box.classList.toggle("hot", hot.has(id));
    for (const [edge, line] of lines) line.classList.toggle("hot", hot.has(edge.from) && hot.has(edge.to));
    svg.classList.add("lit");
  }

  const view = { x: 0, y: 0, scale: 1 };
  const apply = () => scene.setAttribute("transform", "translate(" + view.x + " " + view.y + ") scale(" + view.scale + ")");
  function fit() {
    const width = svg.clientWidth || 800, height = svg.clientHeight || 320;
    view.scale = Math.min(1, (width - 40) / Math.max(plan.width, 1), (height - 40) / Math.max(plan.height, 1));
    if (self && view.scale < .55) {  // too much to be read: begin at the node itself
      const point = plan.points.get(self.id);
      view.scale = .8;
      view.x = width / 2 - (point.x + boxWidth / 2) * view.scale;
      view.y = height / 2 - point.y * view.scale;
    } else {
      view.x = (width - plan.width * view.scale) / 2;
      view.y = (height - plan.height * view.scale) / 2 - plan.top * view.scale;
    }
    apply();
  }
  function zoom(factor, x, y) {
    const scale = Math.min(3, Math.max(.03, view.scale * factor));
    view.x = x - (x - view.x) * scale / view.scale;
    view.y = y - (y - view.y) * scale / view.scale;
    view.scale = scale;
    apply();
  }
  svg.addEventListener("wheel", event => {
    if (!wheel && !event.ctrlKey) return;
    event.preventDefault();
    const place = svg.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 400), event.clientX - place.left, event.clientY - place.top);
  }, { passive: false });
  let moved = 0, held = null;
  svg.addEventListener("pointerdown", event => { if (event.button === 0) { held = [event.clientX, event.clientY]; moved = 0; } });
  svg.addEventListener("pointermove", event => {
    if (!held) return;
    const [x, y] = held;
    moved += Math.abs(event.clientX - x) + Math.abs(event.clientY - y);
    if (moved > 4 && !svg.hasPointerCapture(event.pointerId)) { svg.setPointerCapture(event.pointerId); svg.classList.add("drag"); }
    view.x += event.clientX - x;
    view.y += event.clientY - y;
    held = [event.clientX, event.clientY];
    apply();
  });
  const drop = () => { held = null; svg.classList.remove("drag"); };
  svg.addEventListener("pointerup", drop);
  svg.addEventListener("pointercancel", drop);
  svg.addEventListener("dragstart", event => event.preventDefault());
  svg.addEventListener("click", event => { if (moved > 4) event.preventDefault(); }, true);
  const tools = document.createElement("div");
  tools.className = "tools";
  for (const [sign, name, act] of [["+", "Zoom in", () => zoom(1.3, svg.clientWidth / 2, svg.clientHeight / 2)], ["−", "Zoom out", () => zoom(1 / 1.3, svg.clientWidth / 2, svg.clientHeight / 2)], ["⤢", "Fit", fit]]) {
    const button = document.createElement("button");
    button.className = "plain";
    button.textContent = sign;
    button.title = name;
    button.setAttribute("aria-label", name);
    button.onclick = act;
    tools.append(button);
  }
  frame.append(tools);
  frame.sceneHeight = plan.height;
  requestAnimationFrame(fit);
  return frame;
}
