// Text as HTML: escaping, the Markdown of descriptions, coloured SQL. Everything goes through escaped() first.
const escaped = text => String(text).replace(/[&<>"']/g, c => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" })[c]);

const safeLink = url => /^(https?:|mailto:|#|\.{0,2}\/|[\w-]+([/.#]|$))/i.test(url) && !/^\s*(javascript|data|vbscript):/i.test(url);

function inline(text) {
  const kept = [];
  const keep = html => "\u0000" + (kept.push(html) - 1) + "\u0000";
  text = text.replace(/`([^`]+)`/g, (_, code) => keep("<code>" + escaped(code) + "</code>"));
  text = text.replace(/!\[([^\]]*)\]\(([^)\s]+)[^)]*\)/g, (all, label, url) => {
    if (!safeLink(url)) return all;
    // Pictures of the project lie beside the page; others would be fetched from elsewhere, so they are links.
    return keep(/^https?:/i.test(url) ? '<a href="' + escaped(url) + '">' + escaped(label || url) + "</a>"
      : '<img alt="' + escaped(label) + '" src="' + escaped(url) + '">');
  });
  text = text.replace(/\[([^\]]+)\]\(([^)\s]+)[^)]*\)/g, (all, label, url) =>
    safeLink(url) ? keep('<a href="' + escaped(url) + '"' + (/^https?:/i.test(url) ? ' rel="noopener" target="_blank"' : "") + ">") + label + keep("</a>") : all);
  text = text.replace(/(^|[\s(])(https?:\/\/[^\s<>()]+)/g, (_, before, url) => before + keep('<a rel="noopener" target="_blank" href="' + escaped(url) + '">' + escaped(url) + "</a>"));
  text = escaped(text)
    .replace(/\*\*([^*]+)\*\*/g, "<b>$1</b>").replace(/__([^_]+)__/g, "<b>$1</b>")
    .replace(/\*([^*\s][^*]*)\*/g, "<i>$1</i>").replace(/(^|\W)_([^_\s][^_]*)_(?=\W|$)/g, "$1<i>$2</i>");
  return text.replace(/\u0000(\d+)\u0000/g, (_, at) => kept[at]);
}

const isRule = line => /^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$/.test(line) && line.includes("|");
const cells = line => line.trim().replace(/^\||\|$/g, "").split("|").map(cell => inline(cell.trim()));

function markdown(text) {
  const lines = String(text || "").replace(/\r/g, "").split("\n"), out = [];
  let at = 0;
  while (at < lines.length) {
    const line = lines[at];
    if (/^\s*```/.test(line)) {
      const code = [];
      for (at++; at < lines.length && !/^\s*```/.test(lines[at]); at++) code.push(lines[at]);
      out.push("<pre><code>" + escaped(code.join("\n")) + "</code></pre>");
      at++;
    } else if (/^#{1,6}\s/.test(line)) {
      const level = Math.min(4, line.match(/^#+/)[0].length + 2);
      out.push("<h" + level + ">" + inline(line.replace(/^#+\s+/, "")) + "</h" + level + ">");
      at++;
    } else if (line.includes("|") && at + 1 < lines.length && isRule(lines[at + 1])) {
      let html = "<div class=wide><table><tr>" + cells(line).map(cell => "<th>" + cell).join("") + "</tr>";
      for (at += 2; at < lines.length && lines[at].includes("|"); at++) html += "<tr>" + cells(lines[at]).map(cell => "<td>" + cell).join("") + "</tr>";
      out.push(html + "</table></div>");
    } else if (/^\s*([-*+]|\d+[.)])\s+/.test(line)) {
      const tag = /^\s*\d/.test(line) ? "ol" : "ul", items = [];
      for (; at < lines.length && lines[at].trim() !== ""; at++) {
        const item = lines[at].match(/^\s*([-*+]|\d+[.)])\s+(.*)$/);
        if (item) items.push(item[2]);
        else items[items.length - 1] += " " + lines[at].trim();
      }
      out.push("<" + tag + ">" + items.map(item => "<li>" + inline(item)).join("") + "</" + tag + ">");
    } else if (/^\s*>/.test(line)) {
      const quoted = [];
      for (; at < lines.length && /^\s*>/.test(lines[at]); at++) quoted.push(lines[at].replace(/^\s*>\s?/, ""));
      out.push("<blockquote>" + markdown(quoted.join("\n")) + "</blockquote>");
    } else if (line.trim() === "") {
      at++;
    } else {
      const words = [];
      for (; at < lines.length && lines[at].trim() !== "" && !/^(#{1,6}\s|\s*```|\s*>|\s*([-*+]|\d+[.)])\s)/.test(lines[at]); at++) words.push(lines[at]);
      if (words.length === 0) words.push(lines[at++]);
      out.push("<p>" + inline(words.join("\n")) + "</p>");
    }
  }
  return out.join("\n");
}

const keywords = new Set(("select from where group by having order limit offset join left right full inner outer cross lateral on using as with recursive union all distinct " +
  "except intersect case when then else end and or not in is null exists between like ilike over partition rows range unbounded preceding following current row cast " +
  "create replace table view insert into values update set delete merge matched true false qualify window filter interval asc desc nulls first last begin commit drop alter " +
  "column add temp temporary copy if").split(" "));

function sql(text) {
  const token = /(--[^\n]*|\/\*[\s\S]*?\*\/|\{#[\s\S]*?#\})|(\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})|('(?:[^']|'')*')|("(?:[^"]|"")*")|(\b\d+(?:\.\d+)?\b)|([A-Za-z_]\w*)/g;
  let out = "", last = 0;
  for (const found of text.matchAll(token)) {
    out += escaped(text.slice(last, found.index));
    const word = escaped(found[0]);
    out += found[1] ? "<span class=c>" + word + "</span>" : found[2] ? "<span class=j>" + word + "</span>" : found[3] ? "<span class=s>" + word + "</span>"
      : found[5] ? "<span class=n>" + word + "</span>" : found[6] && keywords.has(found[6].toLowerCase()) ? "<span class=k>" + word + "</span>" : word;
    last = found.index + found[0].length;
  }
  return out + escaped(text.slice(last));
}

function marked(text, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean).map(word => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (words.length === 0) return escaped(text);
  return String(text).split(new RegExp("(" + words.join("|") + ")", "ig")).map((part, i) => i % 2 ? "<mark>" + escaped(part) + "</mark>" : escaped(part)).join("");
}

function sizeText(bytes) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let at = 0;
  while (bytes >= 1000 && at < units.length - 1) { bytes /= 1000; at++; }
  return (at === 0 ? bytes : bytes.toFixed(1)) + " " + units[at];
}
function statText(stat) {
  if (stat.id === "bytes" || stat.id === "num_bytes") return sizeText(stat.value);
  return typeof stat.value === "number" ? stat.value.toLocaleString("en") : String(stat.value).replace("T", " ");
}
