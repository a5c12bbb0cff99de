#!/bin/sh
# Guards against regressions of the hot path, on machines too noisy for clocks: counts the
# instructions of fixed work in one process (benches/guard.rs, streams in memory, no kernel) under
# valgrind's callgrind, and compares them with benches/baseline.txt.
#
#     benches/guard.sh              compare; exit 1 if something costs more than the tolerance
#     benches/guard.sh --renew      write the baseline, after a change that was meant to change it
#     benches/guard.sh --profile W  the functions in which work W spends its instructions
#
# Needs cargo and valgrind. Run by hand, before and after a change to the hot path; takes about a
# minute. Each figure is instructions for one operation (a tick with one message, with 64 messages,
# a connection that enters, …): the work is done COUNT and 2 × COUNT times and the difference
# divided, so that starting up does not count. Figures repeat to within a percent on one machine;
# another compiler or target gives others, so a baseline is renewed when the toolchain changes.
set -eu
cd "$(dirname "$0")/.."

tolerance=3 # percent
baseline=benches/baseline.txt
works='say 400
say-64 40
say-kept 400
say-kept-64 40
room-say-100 40
room-kept-100 100
room-say-100-64 20
room-kept-100-64 20
room-say-1000 8
room-kept-1000 100
enter 400
join-100 100
resume 200'

command -v valgrind >/dev/null || { echo "guard: valgrind is needed" >&2; exit 2; }
program=$(cargo bench --quiet --bench guard --no-run --message-format=json |
    sed -n 's/.*"name":"guard".*"executable":"\([^"]*\)".*/\1/p' | tail -n 1)
[ -x "$program" ] || { echo "guard: benches/guard.rs was not built" >&2; exit 2; }

# Instructions of WORK done COUNT times, start and end of the process included.
instructions() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$program" "$1" "$2" 2>&1 |
        sed -n 's/.*Collected : *\([0-9]*\).*/\1/p'
}

measure() {
    echo "$works" | while read -r work count; do
        once=$(instructions "$work" "$count")
        twice=$(instructions "$work" $((count * 2)))
        echo "$work $(((twice - once) / count))"
    done
}

case "${1:-}" in
--renew)
    {
        echo "# Instructions for one operation; written by benches/guard.sh --renew, compared by benches/guard.sh."
        echo "# $(rustc --version), $(uname -m)"
        measure
    } >"$baseline.new"
    mv "$baseline.new" "$baseline"
    cat "$baseline"
    ;;
--profile)
    out=$(mktemp)
    trap 'rm -f "$out"' EXIT
    valgrind --tool=callgrind --callgrind-out-file="$out" "$program" "${2:?which work?}" "${3:-2000}" >/dev/null 2>&1
    callgrind_annotate "$out" | head -n 60
    ;;
'')
    measure | awk -v tolerance="$tolerance" '
        NR == FNR { if ($1 != "#") known[$1] = $2; next }
        {
            if (!($1 in known)) { printf "%-14s %9d  no baseline\n", $1, $2; bad = 1; next }
            change = ($2 / known[$1] - 1) * 100
            verdict = change > tolerance ? "WORSE" : change < -tolerance ? "better; --renew keeps it" : "same"
            printf "%-14s %9d  baseline %9d  %+6.1f %%  %s\n", $1, $2, known[$1], change, verdict
            if (change > tolerance) bad = 1
        }
        END { exit bad }' "$baseline" -
    ;;
*)
    sed -n '2,/^set/p' "$0" | sed '$d; s/^# \{0,1\}//'
    exit 2
    ;;
esac
