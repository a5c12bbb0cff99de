#!/usr/bin/env bash
# chatd and chatc on networks that are not loopback: far, slow, narrow, lossy, cut, moved. Namespaces of
# the kernel's, joined by veth pairs and a small relay in userspace; nothing leaves them.
#
#   tests/lan.sh             all cases, some two minutes
#   tests/lan.sh far narrow  those whose names have one of these words in them
#
# Needs root, iproute2 and python3. Where namespaces cannot be made it says so and is
# content, unless LAN_REQUIRED is set.
set -euo pipefail
cd "$(dirname "$0")/.."

cannot() {
    echo "tests/lan.sh: not run: $1"
    [ -z "${LAN_REQUIRED:-}" ] || exit 1
    exit 0
}

for tool in ip python3; do
    command -v "$tool" >/dev/null || cannot "there is no $tool (Debian: iproute2, python3)"
done
probe="chatd-probe-$$"
ip netns add "$probe" 2>/dev/null || cannot "network namespaces cannot be made here; run it as root"
made=true
ip -n "$probe" link add probe0 type veth peer name probe1 2>/dev/null || made=false
ip netns del "$probe"
$made || cannot "this kernel has no veth"

[ -n "${CHATD_BIN:-}" ] || cargo build --locked --bins
exec python3 tests/lan/cases.py "$@"
