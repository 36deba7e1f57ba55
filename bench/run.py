#!/usr/bin/env python3
"""Measures weir against a peer that runs beside it, in interleaved pairs.

A case is a TOML file in bench/cases:
  title     one sentence
  data      name of a function in bench/data.py that makes the input once (its folder is {data})
  setup     shell command run once before the measurements
  reset     shell command run before each of weir's measured commands, not timed; the peer's must overwrite what they made
  peer_reset  the same before the peers'
  weir      the measured command;  peer  what it is compared with ({weir}, {peer}, {append}, {data}, {work} are filled in)
  [[peer]]  instead, where there are several: name, command, check, ratio_at_most; pairs = how many, without a warm-up (for slow
            ones); own_clock as below, for this peer; needs = a tool of `./dev setup --full`
  own_clock true: not the time of the process counts but the milliseconds that it prints as its last word ("12.5", "ms=12.5")
  check     [weir's command, peer's command]: their outputs must be equal after the measurements; beside [[peer]] weir's alone
  verify    shell command that must succeed after the measurements
  pairs     number of pairs (15 unless given)
  [[goal]]  metric = ratio | weir_ms | weir_rss_mib, at_most = number, why = text

Each pair runs peers and weir in turn (order alternates); printed are the medians and the median of the pair ratios with its
90 % interval. A case that misses a goal is measured once more after all others, with three times the pairs, and that counts: a
machine may have been busy. --gate exits 1 if a goal is missed or a check differs. A peer that is not installed is named as left out.
"""
import argparse, os, pathlib, random, resource, shlex, shutil, statistics, subprocess, sys, time, tomllib

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here))
import data as data_makers


def run_shell(command, **kwargs):
    done = subprocess.run(command, shell=True, executable="/bin/bash", capture_output=True, text=True, **kwargs)
    if done.returncode:
        sys.exit(f"bench: `{command}` exited {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return done.stdout


def measure(command, cwd):
    """Wall milliseconds and peak MiB of one process, started without a shell."""
    words = shlex.split(command)
    log = open(cwd / "last.log", "wb")
    start = time.perf_counter()
    pid = os.posix_spawnp(words[0], words, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, log.fileno(), 1),
                                                                     (os.POSIX_SPAWN_DUP2, log.fileno(), 2)])
    _, status, usage = os.wait4(pid, 0)
    elapsed = (time.perf_counter() - start) * 1000
    if status:
        sys.exit(f"bench: `{command}` exited {os.waitstatus_to_exitcode(status)}\n{(cwd / 'last.log').read_text()[-4000:]}")
    peak = usage.ru_maxrss
    if peak <= resource.getrusage(resource.RUSAGE_SELF).ru_maxrss:  # ours before the exec counts as the child's: ask a small parent
        subprocess.run(["/usr/bin/time", "-f", "%M", "-o", "last.rss", *words], cwd=cwd, stdout=log, stderr=log)
        peak = int((cwd / "last.rss").read_text().split()[-1])
    return elapsed, peak / 1024


def interval(values, share=0.9, rounds=2000):
    """Bootstrap interval of the median."""
    rng = random.Random(1)
    medians = sorted(statistics.median(rng.choices(values, k=len(values))) for _ in range(rounds))
    edge = (1 - share) / 2
    return medians[int(edge * rounds)], medians[int((1 - edge) * rounds) - 1]


def peers_of(case, tools):
    """(those that can be run, names of those left out)"""
    peers = case.get("peer", [])
    if isinstance(peers, str):
        goals = [g["at_most"] for g in case.get("goal", []) if g["metric"] == "ratio"]
        peers = [{"name": "peer", "command": peers} | ({"ratio_at_most": goals[0]} if goals else {})]
    return [p for p in peers if tools.get(p.get("needs"), True)], [p["name"] for p in peers if not tools.get(p.get("needs"), True)]


def own_clock(work):
    """What the command measured itself."""
    return float((work / "last.log").read_text(errors="replace").split()[-1].split("=")[-1])


def weir_line(figures):
    return f"  weir {statistics.median(f[0] for f in figures):9.1f} ms  {max(f[1] for f in figures):6.0f} MiB"


def peer_line(name, ours, theirs):
    ratios = [w[0] / p[0] for w, p in zip(ours, theirs)]
    low, high = interval(ratios)
    ratio = statistics.median(ratios)
    return ratio, (f"   {name} {statistics.median(f[0] for f in theirs):9.1f} ms  {max(f[1] for f in theirs):6.0f} MiB"
                   f"   ratio {ratio:.3f} [{low:.3f} .. {high:.3f}]")


def run_case(path, tools, cache, pairs_override, times=1):
    """(results equal, goals met)"""
    case = tomllib.loads(path.read_text())
    work = cache / "work" / path.stem
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    names = dict(tools, work=work, case=here / "cases", data="")
    if "data" in case:
        folder = cache / "data" / case["data"]
        if not (folder / ".made").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            getattr(data_makers, case["data"])(folder)
            (folder / ".made").touch()
        names["data"] = folder

    def fill(text):
        for key, value in names.items():
            text = text.replace("{" + key + "}", str(value))
        return text

    print(f"\n{path.stem}: {case['title']}", flush=True)
    os.chdir(work)
    if "setup" in case:
        run_shell(fill(case["setup"]))
    peers, left_out = peers_of(case, tools)
    if left_out:
        print(f"  left out, since not installed: {', '.join(left_out)} (./dev setup --full)")
    figures = {"weir": [], **{p["name"]: [] for p in peers}}
    pairs = times * (pairs_override or case.get("pairs", 15))

    def one_round(number):
        sides = [None] + [p for p in peers if "pairs" not in p or 1 <= number <= p["pairs"]]
        for peer in sides if number % 2 else reversed(sides):
            if reset := case.get("peer_reset" if peer else "reset"):
                run_shell(fill(reset))
            figure = measure(fill(peer["command"] if peer else case["weir"]), work)
            if case.get("own_clock") or (peer and peer.get("own_clock")):
                figure = (own_clock(work), figure[1])
            if number:
                figures[peer["name"] if peer else "weir"].append(figure)

    for number in range(pairs + 1):  # the first is the warm-up
        one_round(number)
    found = {"weir_ms": statistics.median(f[0] for f in figures["weir"]), "weir_rss_mib": max(f[1] for f in figures["weir"])}
    line, goals = weir_line(figures["weir"]), [g for g in case.get("goal", []) if g["metric"] != "ratio"]
    for peer in peers:
        name = "ratio" if len(peers) == 1 else f"ratio to {peer['name']}"
        found[name], text = peer_line(peer["name"], figures["weir"], figures[peer["name"]])
        line += text if len(peers) == 1 else "\n" + text
        if "ratio_at_most" in peer:
            goals.append({"metric": name, "at_most": peer["ratio_at_most"]})
    print(line + f"   {pairs} pairs")
    equal, all_met = True, True
    if "check" in case:
        check, *others = [case["check"]] if isinstance(case["check"], str) else case["check"]
        ours = run_shell(fill(check))
        for theirs in [run_shell(fill(c)) for c in others + [p["check"] for p in peers if "check" in p]]:
            if not ours.strip() or ours.split() != theirs.split():
                print(f"  RESULTS DIFFER\n   weir: {ours.strip()[:300]}\n   peer: {theirs.strip()[:300]}")
                equal = False
            else:
                print(f"  results equal: {' '.join(ours.split())[:100]}")
    if "verify" in case:
        print("  verified:", " ".join(run_shell(fill(case["verify"])).split())[:160])
    for goal in goals:
        met = found[goal["metric"]] <= goal["at_most"]
        all_met = all_met and met
        print(f"  {'met   ' if met else 'MISSED'} {goal['metric']} <= {goal['at_most']}" + (f"  ({goal['why']})" if "why" in goal else ""))
    return equal, all_met


def main():
    os.environ["WEIR_TRUST"] = "1"  # the cases lead to data outside of their projects
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", required=True)
    parser.add_argument("--gate", action="store_true")
    parser.add_argument("--pairs", type=int)
    parser.add_argument("names", nargs="*", help="cases whose name holds one of these words")
    args = parser.parse_args()
    weir = pathlib.Path(args.weir).resolve()
    cache = weir.parent.parent / "bench"
    spark = here.parent / "third_party/spark/dist/delta"
    tools = {"weir": weir, "peer": weir.parent / "bench" / "bench_peer", "append": weir.parent / "bench" / "bench_append",
             "python": sys.executable,
             "spark": f"env PYTHONPATH={spark}/python:{here} {sys.executable}" if spark.exists() else None,
             "dbt": dbt if (dbt := here.parent / ".venv-dbt/bin/dbt").exists() else None}
    cases = [c for c in sorted((here / "cases").glob("*.toml")) if not args.names or any(n in c.stem for n in args.names)]
    results = {c: run_case(c, tools, cache, args.pairs) for c in cases}
    for case in [c for c, (equal, all_met) in results.items() if equal and not all_met]:
        print(f"\n{case.stem} again, with three times the pairs:")
        results[case] = run_case(case, tools, cache, args.pairs, 3)
    missed = [case.stem for case, good in results.items() if not all(good)]
    print(f"\n{len(results) - len(missed)} passed, {len(missed)} failed" + (f": {', '.join(missed)}" if missed else ""))
    sys.exit(1 if args.gate and missed or not results else 0)


main()
