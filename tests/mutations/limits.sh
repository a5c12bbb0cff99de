#!/usr/bin/env bash
# Plants for each number of src/limits, in a copy of the tree, a bound that is not kept to
# (limits.txt), and expects the tests named there to fail, which have to pass before. Prints a
# table; ends in failure if one passes, or a plant is not where the list says, or does not compile
# though the compiler is not to find it.
#
#   tests/mutations/limits.sh              all of them, a quarter of an hour
#   tests/mutations/limits.sh SEGMENT_BYTES  those whose names contain that
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
only=${1:-}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/mutations} RUST_BACKTRACE=0
cp -r "$root"/{Cargo.toml,Cargo.lock,src,tests,benches,docs} "$tree/"
cd "$tree" || exit 1

# Runs the tests that `by` names; says how that ends: passed, failed, endless, or broken.
run() {
    cargo test -q --no-run $by >build.log 2>&1 || { echo broken; return; }
    timeout 180 cargo test -q $by >hunt.log 2>&1
    case $? in
        0) echo passed ;;
        124) echo endless ;;
        *) echo failed ;;
    esac
}

# A test that fails without a plant finds nothing, and neither does a filter that no test has.
sound() {
    [ "$(run)" = passed ] && grep -qE '^running [1-9]' hunt.log
}

missed=0 tried=0
verdict() {
    [ "$(grep -cF -- "$old" "$file")" = 1 ] || { echo "NOT THERE (once): $old"; return 1; }
    local original changed found=0
    original=$(cat "$file")
    changed=${original/"$old"/"$new"}
    printf '%s\n' "$changed" >"$file"
    if [ "$by" = compiler ]; then
        cargo check -q >build.log 2>&1 && { echo "COMPILES"; found=1; } || echo compiler
    else
        case $(run) in
            failed) grep -m1 -oE "^---- .* stdout" hunt.log | sed -e 's/^---- //' -e 's/ stdout$//' | grep . || echo "(ends by a signal)" ;;
            endless) echo "(does not end)" ;;
            passed) echo "NOT FOUND by $by"; found=1 ;;
            broken) echo "DOES NOT COMPILE"; found=1 ;;
        esac
    fi
    printf '%s\n' "$original" >"$file"
    return $found
}

# Calls the given for each plant of the list that is asked for.
each() {
    local line
    while IFS= read -r line; do
        case $line in
            limit\ *) limit=${line#limit } ;;
            file\ *) file=${line#file } ;;
            old\ *) old=${line#old } ;;
            new\ *) new=${line#new } ;;
            by\ *)
                by=${line#by }
                [[ "$limit" != *"$only"* ]] || "$@"
                ;;
        esac
    done <"$root/tests/mutations/limits.txt"
}

known=$'\n'
check_test() {
    [[ "$by" != compiler && "$known" != *$'\n'"$by"$'\n'* ]] || return 0
    known+="$by"$'\n'
    sound </dev/null || { echo "without a plant, does not pass or names no test: $by"; missed=$((missed + 1)); }
}
plant() {
    tried=$((tried + 1))
    result=$(verdict </dev/null) || missed=$((missed + 1))
    printf '| `%s` | %s |\n' "$limit" "$result"
}

each check_test
[ "$missed" = 0 ] || exit 1
echo "| number | found by |"
echo "|---|---|"
each plant
echo
echo "$((tried - missed)) of $tried found"
[ "$missed" = 0 ]
