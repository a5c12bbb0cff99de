#!/usr/bin/env bash
# Plants for each number of src/limits.rs, in a copy of the tree, a bound that is not kept to
# (limits.txt), and expects the tests named there to fail. Prints a table; ends in failure if one
# passes, or a plant is not where the list says, or does not compile though the compiler is not to
# find it.
#
#   tests/mutations/limits.sh              all of them, the better part of an hour
#   tests/mutations/limits.sh SEGMENT_BYTES  those whose names contain that
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
only=${1:-}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target/mutations} RUST_BACKTRACE=0
cp -r "$root"/{Cargo.toml,Cargo.lock,src,tests,benches,docs} "$tree/"
cd "$tree" || exit 1

missed=0 tried=0
verdict() {
    [ "$(grep -cF -- "$old" "$file")" = 1 ] || { echo "NOT THERE (once): $old"; return 1; }
    local original changed found=0
    original=$(cat "$file")
    changed=${original/"$old"/"$new"}
    printf '%s\n' "$changed" >"$file"
    if [ "$by" = compiler ]; then
        cargo check -q >build.log 2>&1 && { echo "COMPILES"; found=1; } || echo compiler
    elif ! cargo test -q --no-run $by >build.log 2>&1; then
        echo "DOES NOT COMPILE"
        found=1
    elif timeout 180 cargo test -q $by >hunt.log 2>&1; then
        echo "NOT FOUND by $by"
        found=1
    else
        grep -m1 -oE "^---- .* stdout" hunt.log | sed -e 's/^---- //' -e 's/ stdout$//' | grep . || echo "(does not end)"
    fi
    printf '%s\n' "$original" >"$file"
    return $found
}

echo "| number | found by |"
echo "|---|---|"
while IFS= read -r line; do
    case $line in
        limit\ *) limit=${line#limit } ;;
        file\ *) file=${line#file } ;;
        old\ *) old=${line#old } ;;
        new\ *) new=${line#new } ;;
        by\ *)
            by=${line#by }
            [[ "$limit" == *"$only"* ]] || continue
            tried=$((tried + 1))
            result=$(verdict) || missed=$((missed + 1))
            printf '| `%s` | %s |\n' "$limit" "$result"
            ;;
    esac
done <"$root/tests/mutations/limits.txt"
echo
echo "$((tried - missed)) of $tried found"
[ "$missed" = 0 ]
