#!/usr/bin/env bash
# Plants each bug of list.txt in a copy of the tree and expects a test to fail. Prints a table;
# ends in failure if a bug is not found, or does not compile, or is not where the list says.
#
#   tests/mutations/run.sh            all of them
#   tests/mutations/run.sh output.rs  those in files whose path contains that
#
# The copy is built in target/mutations, so that only the first run takes long.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
only=${1:-}
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
export CARGO_TARGET_DIR="$root/target/mutations" RUST_BACKTRACE=0
cp -r "$root/Cargo.toml" "$root/Cargo.lock" "$root/src" "$root/tests" "$tree/"
[ -d "$root/benches" ] && cp -r "$root/benches" "$tree/"
cd "$tree" || exit 1

tests=(announcing:: simulation:: lost_connections:: memory_pressure:: server_streams::)
build() { cargo test -q --no-run --test sim >build.log 2>&1; }
# Which test finds it first, or nothing. A test that never ends finds something, too.
hunt() {
    timeout 120 cargo test -q --test sim -- "${tests[@]}" >hunt.log 2>&1 && return
    grep -m1 -oE "^---- .* stdout" hunt.log | sed -e 's/^---- //' -e 's/ stdout$//' | grep . || echo "(does not end)"
}

build || { echo "the tree does not build"; tail -20 build.log; exit 1; }
found=$(hunt)
[ -z "$found" ] || { echo "the tree fails without a bug: $found"; exit 1; }

missed=0 tried=0
try() {
    local original changed by
    [[ "$file" == *"$only"* ]] || return 0
    original=$(cat "$file")
    changed=${original/"$old"/"$new"}
    tried=$((tried + 1))
    if [ "$(grep -cF -- "$old" "$file")" != 1 ]; then
        by="NOT THERE (once): $old"
        missed=$((missed + 1))
    else
        printf '%s\n' "$changed" >"$file"
        if ! build; then
            by="DOES NOT COMPILE"
            missed=$((missed + 1))
        else
            by=$(hunt)
            [ -n "$by" ] || { by="NOT FOUND"; missed=$((missed + 1)); }
        fi
        printf '%s\n' "$original" >"$file"
    fi
    printf '| %2d | `%s` | %s | %s |\n' "$tried" "$file" "$why" "$by"
}

echo "| # | file | what it breaks | found by |"
echo "|---|---|---|---|"
while IFS= read -r line; do
    case $line in
        file\ *) file=${line#file } ;;
        old\ *) old=${line#old } ;;
        new\ *) new=${line#new } ;;
        why\ *) why=${line#why }; try ;;
    esac
done <"$root/tests/mutations/list.txt"
echo
echo "$((tried - missed)) of $tried found"
[ "$missed" = 0 ]
