#!/usr/bin/env python3
"""The documentation page in a real Chromium: made by `weir docs generate` for a project of tests/conformance/dbt, driven as a person
would drive it (search, keys, clicks), and what it then shows. Needs chromium in the PATH.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[0] / "conformance" / "dbt" / "own_incr_snap"

DRIVER = """
const told = [], say = (...words) => told.push(words.join(" ")), turn = () => new Promise(done => setTimeout(done, 50));
window.onerror = message => say("ERROR", message);
const $ = selector => document.querySelector(selector), all = selector => [...document.querySelectorAll(selector)];
const key = (target, name) => target.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
const go = async hash => { location.hash = hash; await turn(); };
(async () => {
  await turn();
  say("start", all(".cards a").map(card => card.textContent).join(", "));
  key(document, "/");
  say("focus", document.activeElement.id);
  const box = $("#search");
  box.value = "order_id"; box.dispatchEvent(new Event("input"));
  say("hits", all("#hits a").length, $("#hits a").textContent);
  key(box, "ArrowDown"); key(box, "Enter"); await turn();
  say("entered", location.hash, $("main h1").textContent, $("#hits").hidden, $("tr.found td").firstChild.textContent);
  await go("#/node/model.incr_snap.inc_delins");
  say("node", $("main h1").textContent, all("#tree a.on").length, all("main h2").map(title => title.textContent).join(" | "));
  say("columns", all("tr[id^=c-]").map(row => row.cells[0].firstChild.textContent + " " + row.cells[1].textContent).join(", "));
  const ways = row => [...row.querySelectorAll(".ways > div")].map(side => side.innerText.replace(/\\s+/g, " ").trim()).join(" | ");
  const status = all("tr[id^=c-]")[1], way = status.querySelector("button.way");
  way.click(); say("ways of", status.cells[0].firstChild.textContent, way.getAttribute("aria-expanded"), ways($(".waysrow")));
  way.click(); say("shut", all(".waysrow").length, way.getAttribute("aria-expanded"));
  await go("#/node/seed.incr_snap.raw_orders/AMOUNT"); say("ways of a link", $("tr.found").id, ways($(".waysrow")));
  $(".waysrow a").click(); await turn(); say("followed", location.hash, $("tr.found").id); await go("#/node/model.incr_snap.inc_delins");
  say("source", $(".codes pre").textContent.split("\\n")[0]); all(".codes button")[1].click();
  say("compiled", $(".codes pre").textContent.trim().split("\\n").pop());
  const theme = document.documentElement.dataset.theme; $("#theme").click();
  say("theme", theme !== document.documentElement.dataset.theme);
  await go("#/lineage");
  say("lineage", all(".node").length, all(".edge").length);
  const stg = all(".node").find(box => box.textContent.startsWith("stg"));
  stg.dispatchEvent(new MouseEvent("mouseenter")); say("lit", all(".node.hot").length);
  stg.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true })); await turn(); say("clicked", location.hash);
  await go("#/lineage/model.incr_snap.eph"); say("way", all(".node text").map(text => text.textContent).join(" "));
  all("#tabs button")[1].click(); say("schemas", all("#tree summary").map(fold => fold.textContent).join(", "));
  await go("#/node/unit_test.incr_snap.inc_delins.ut_inc"); say("unit test", all("main td").map(cell => cell.textContent).join(" "));
  await go("#/kind/test"); say("tests", all("main tr").length);
  await go("#/search/amount"); say("search", all("main tr").length > 0, all("mark").length > 0);
  await go("#/node/nothing"); say("nothing", $("main h1").textContent);
  const odd = document.createElement("div"); odd.innerHTML = markdown("[l](javascript:alert(1)) <img src=x onerror=alert(1)> **b** `c<d` ![p](https://x.example/p.png)");
  say("markdown", odd.querySelectorAll("img, script").length, odd.querySelectorAll("a").length, odd.querySelector("b").textContent, odd.querySelector("code").textContent);
})().catch(error => say("ERROR", error)).finally(() => { document.title = "done"; document.body.textContent = "TOLD" + JSON.stringify(told) + "TOLD"; });
"""

EXPECTED = [
    "start 1Seeds, 9Models, 3Snapshots, 8Tests, 2Unit tests",
    "focus search",
    "hits 14 model stgcolumn order_id",
    "entered #/node/snapshot.incr_snap.snap_ts/order_id snap_ts true order_id",
    "node inc_delins 1 Lineage | Columns4 | Tests1 | SQL | Depends on1 | Referenced by2",
    "columns order_id INTEGER, status VARCHAR, amount DOUBLE, updated_at TIMESTAMP",
    "ways of status true Comes from stg.status identity raw_orders.status transformationconditional | Goes into uses_eph.status identity "
    "agg_view.amt_new conditional agg_view.amt_open conditional agg_view.amt_paid conditional uses_eph rows filtergroup by",
    "shut 0 false",
    "ways of a link c-amount Comes from no other column | Goes into stg.amount identity inc_append.amount identity "
    "inc_delins.amount identity agg_view.amt_new aggregation agg_view.amt_open aggregation agg_view.amt_paid aggregation uses_eph.total aggregation "
    "inc_merge.amount identity inc_schema.amount identity inc_sync.v1 identity snap_chk.amount identity snap_ts.amount identity "
    "snap_yaml.amount identity inc_merge rows filter",
    "followed #/node/model.incr_snap.stg/amount c-amount",
    "source {{ config(materialized='incremental', incremental_strategy='delete+insert', unique_key='order_id') }}",
    'compiled select * from "corpus"."main"."stg"',
    "theme true",
    "lineage 13 12",
    "lit 13",
    "clicked #/node/model.incr_snap.stg",
    "way eph inc_delins stg uses_eph raw_orders",
    "schemas corpus 12, main 9, main_snaps2 1, snaps 2",
    "unit test 1 open 2.5 2024-01-01 00:00:00 1 open 2.5",
    "tests 8",
    "search true true",
    "nothing Not here",
    "markdown 0 1 b c<d",
]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", default=HERE.parents[1] / "build/dev/weir")
    parser.add_argument("--chromium", default="chromium")
    arguments = parser.parse_args()
    weir = str(pathlib.Path(arguments.weir).resolve())
    with tempfile.TemporaryDirectory(prefix="weir-page-") as place:
        root = pathlib.Path(place) / "project"
        shutil.copytree(PROJECT, root, ignore=shutil.ignore_patterns("expected*"))
        environment = dict(os.environ, CORPUS_DB=str(pathlib.Path(place) / "corpus.duckdb"), HOME=place)
        for words in (["build", "-q"], ["docs", "generate", "-q"]):
            subprocess.run([weir, *words], cwd=root, env=environment, check=True, capture_output=True)
        page = root / "target" / "driven.html"
        page.write_text((root / "target" / "index.html").read_text().replace("</body>", f"<script>{DRIVER}</script></body>"))
        done = subprocess.run([arguments.chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=20000",
                               "--dump-dom", page.as_uri()], env=environment, capture_output=True, text=True, timeout=120)
    found = re.search(r"TOLD(.*)TOLD", done.stdout, re.DOTALL)
    told = json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")) if found else []
    failed = 0
    for number in range(max(len(told), len(EXPECTED))):
        got = told[number] if number < len(told) else "(nothing)"
        want = EXPECTED[number] if number < len(EXPECTED) else "(nothing)"
        if got != want:
            failed += 1
            print(f"FAIL {got}\n     expected {want}")
    print(f"{len(EXPECTED) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
