#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Exploring in a guest: test_explore.sh DADRACE SOURCE
#
# A campaign that gives no places has scouts, which see paths of references and are traced, and is given places of
# all threads, with what reaches them. It is killed in its midst, and resumed in a fresh guest: with the same places, without scouts, and
# with what was learned. Then a planted bug is found, and its finding comes out minimised. EXPLORE_KERNEL chooses the
# kernel.
. "$(dirname "$0")/lib.sh"
begin "$1" "$2" make gcc ifconfig

campaign=$source/config/campaigns/explore.yaml
kernel=${EXPLORE_KERNEL:-bookworm/linux-image-cloud-amd64}
trials=40

explore=("$dadrace" run "$campaign" --kernel "$kernel" --out "$results/run"
	--set "stop={trials: $trials}" --set explore.generation=4)
lines() { cat "$results/run/results.ndjson" 2>/dev/null | wc -l; }

"${explore[@]}" >"$results/first.out" 2>&1 &
first=$!
for ((i = 0; i < 900 && $(lines) < 22; i++)); do
	kill -0 $first 2>/dev/null || break
	sleep 1
done
kill -KILL $first 2>/dev/null
wait $first
if grep -q '^dadrace: .*apt' "$results/first.out"; then
	skip_all "the kernel's packages cannot be had"
fi
cp "$results/run/results.ndjson" "$results/kept.ndjson"
timeout 1500 "${explore[@]}" --resume >"$results/second.out" 2>&1
code=$?

/usr/bin/python3 - "$results" "$code" "$trials" <<-'PYTHON' || fail explore "see above"
	import json, sys
	folder, code, trials = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
	def read(path):
	    lines = []
	    for line in open(path):
	        try:
	            lines.append(json.loads(line))
	        except ValueError:
	            pass
	    return lines
	kept, lines = read(folder + "/kept.ndjson"), read(folder + "/run/results.ndjson")
	begin = lines[0]
	of_kept = [line for line in kept if line["type"] == "trial"]
	of_run = [line for line in lines if line["type"] == "trial"]
	places = begin["campaign"]["explore"]["places"]
	reach = begin["campaign"]["explore"]["reach"]
	scouts = [hook["note"] for hook in begin["hooks"] if hook["probe"] == "scouts"]
	last = of_run[-1]
	checks = [
	    ("scouts saw paths of references", len(scouts) == 1 and " showed 0 paths" not in scouts[0]),
	    ("calls were traced", scouts and "; traced were 0 calls" not in scouts[0]),
	    ("places are many, of each thread", len(places) > 60 and {p.split()[0] for p in places} == {"I", "II", "DAD"}),
	    ("some are held at their return", any(" return of " in p for p in places)),
	    ("packets reach them", any(r.startswith("inbound echo ") and " 1" in r for r in reach)),
	    ("changes reach them", any(r.startswith("change ") and not r.endswith(":") for r in reach)),
	    ("a change that Linux 6.1 refuses is left out", ("rename" in begin["campaign"]["bringup"]["change"])
	        == (begin["machine"]["release"].split(".")[:2] not in (["6", "1"], ["5", "10"]))),
	    ("it was killed in its midst", 10 < len(of_kept) < trials),
	    ("it ended by itself", code in (0, 1, 3) and lines[-1]["type"] == "summary"),
	    ("it was resumed with the same line", kept[0] == begin),
	    ("what was kept stayed", of_run[: len(of_kept)] == of_kept),
	    ("each trial is there once", sorted(t["spec"]["trial"] for t in of_run) == list(range(1, trials + 1))),
	    ("it went on with what was learned", last["explore"]["new_features"] < of_run[0]["explore"]["new_features"]),
	    ("which is of all trials", lines[-1]["explore"]["generations"] == trials // 4),
	]
	for name, fine in checks:
	    print("ok  " if fine else "FAIL", name)
	if not all(fine for _, fine in checks):
	    for out in ("first", "second"):
	        print("".join("     | " + line for line in open(f"{folder}/{out}.out").readlines()[-15:]))
	    sys.exit(1)
PYTHON

# With the planted bug nearly every trial leaks. A shard of an explorer says that it is one, from the guest, too.
guest found 1500 explore "$kernel" --for 180 --shard 2/3 --out "$results/found" --set vm.plant=saddr-fail \
	--set explore.scouts=0 --set watch.deadline_ms=1000 --set watch.unregister_ms=1000 || finish
expect found 1
if grep -q '"shard":{"index":2,"of":3}' "$results/found/results.ndjson"; then
	ok "its results say which shard they are"
else
	fail found "its results are of another shard than 2 of 3"
fi
minimal=$results/found/minimal-1/minimal.yaml
if grep -q '^# Rate: ' "$minimal"; then
	ok "a finding is minimised by itself: $(grep '^# Rate: ' "$minimal")"
else
	fail found "the finding was not minimised"
fi
finish
