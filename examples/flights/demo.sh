#!/usr/bin/env bash
# The flights of 2013 from raw files to checked, published tables: demo.sh WEIR [FOLDER]
set -euo pipefail
weir=$(realpath "${1:?path of the weir binary}")
here=$(cd "$(dirname "$0")" && pwd)
work=${2:-$here/../../build/demo}
export PATH="$(dirname "$weir"):$PATH"

title() { printf '\n\033[1m%s\033[0m\n' "$*"; }
shown() {
  local word line='$'
  for word in "$@"; do [[ $word == *" "* ]] && line+=" \"$word\"" || line+=" $word"; done
  echo "$line"
  "$@"
}
now_ms() { echo $(($(date +%s%N) / 1000000)); }
megabytes() { awk -v b="$1" 'BEGIN { printf "%.1f", b / 1e6 }'; }
thousands() { sed ':a; s/\([0-9]\)\([0-9]\{3\}\)\($\|,\)/\1,\2\3/; ta' <<<"$1"; }
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.1f:1", a / b }'; }
size() { cat "$@" | wc -c; }

rm -rf "$work" && mkdir -p "$work"
cp -r "$here"/{dbt_project.yml,weir.yml,profiles.yml,packages.yml,models,sources,macros,tests,landing} "$work"
cd "$work"

title "Eleven months arrive, with weather, planes, airports, airlines and one broken file"
cp "$here"/data/flights-2013-{01,02,03,04,05,06,07,08,09,10,11}.csv.gz "$here"/data/flights-2013-broken.csv landing/
cp "$here"/data/{weather,planes,airports,airlines}.csv.gz landing/
shown weir build

title "Nothing has changed"
start=$(now_ms)
shown weir build
again=$(($(now_ms) - start))

title "December arrives: only its file is read"
cp "$here"/data/flights-2013-12.csv.gz landing/
start=$(now_ms)
shown weir build
month=$(($(now_ms) - start))

title "What could not be read waits in quarantine, and why"
shown weir quarantine show raw.flights

title "History, and a look back"
shown weir table history raw.flights
shown weir sql "select count(*) as flights_until_november from raw.flights at (version => 0)"
shown weir sql "select origin, sum(flights) as flights, sum(cancelled) as cancelled, max(worst_dep_delay) as worst_delay_min from daily group by origin order by origin"

title "Killed at seven random moments"
weir sql --output csv "select count(*), sum(distance), sum(hash(tailnum) % 1000003) from raw.flights" >"$work/before.csv"
rm -rf "$work-killed" && mkdir "$work-killed"
cp -r dbt_project.yml weir.yml profiles.yml packages.yml models sources macros tests landing "$work-killed"
(
  cd "$work-killed"
  RANDOM=2013
  for k in 1 2 3 4 5 6 7; do
    weir build >/dev/null 2>&1 &
    pid=$!
    sleep "0.$((RANDOM % 9))$((RANDOM % 10))"  # the moment of the kill, not a wait for anything
    kill -9 "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  weir build >/dev/null 2>&1
  weir sql --output csv "select count(*), sum(distance), sum(hash(tailnum) % 1000003) from raw.flights" >"$work/after.csv"
)
cmp -s before.csv after.csv || { echo "the tables differ after kills"; exit 1; }
echo "the same rows, each once: $(tail -1 after.csv)"
rm -rf "$work-killed"

title "The table people ask for"
mkdir -p codecs
rows=$(weir sql --output csv "select count(*) from raw.flights" | tail -1)
csv=$(zcat landing/flights-2013-[01]*.csv.gz | wc -c)
gzip_size=$(size landing/flights-2013-[01]*.csv.gz)
printf 'flights 2013: %s rows, 19 columns, 12 files, %s MB in as CSV\n' "$(thousands "$rows")" "$(megabytes "$csv")"
printf '  %-21s %7s %7s %7s %9s %12s\n' as 'MB out' 'of CSV' ratio 'write s' 'full scan s'
line() {
  printf '  %-21s %7s %6d%% %7s %9s %12s\n' "$1" "$(megabytes "$2")" "$((100 * $2 / csv))" "$(ratio "$csv" "$2")" "$3" "$4"
}
line CSV "$csv" - -
line "CSV gzip" "$gzip_size" - -
seconds() { awk -v ms="$1" 'BEGIN { printf "%.2f", ms / 1000 }'; }
for codec in uncompressed snappy lz4_raw zstd gzip; do
  start=$(now_ms)
  weir sql --write --output csv "copy (select * exclude (_file) from raw.flights) to '$work/codecs/$codec.parquet' (format parquet, compression $codec)" >/dev/null
  write=$(($(now_ms) - start))
  start=$(now_ms)
  weir sql --output csv "select count(*), min(columns(*)) from read_parquet('$work/codecs/$codec.parquet')" >/dev/null
  line "Parquet $codec" "$(size "codecs/$codec.parquet")" "$(seconds $write)" "$(seconds $(($(now_ms) - start)))"
done
printf 'second run: nothing to do, %s ms · new month: 1 file of 12 read, %s s · killed at 7 random moments: table equal\n' "$again" "$(seconds $month)"
printf 'look around: cd %s; weir table history main.daily, weir sql, weir runs\n' "$(realpath --relative-to="$OLDPWD" "$work" 2>/dev/null || echo "$work")"
