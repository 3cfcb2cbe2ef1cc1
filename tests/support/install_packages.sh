#!/bin/bash
# Installs those packages of a list file that are missing. Safe to run twice: the second run changes nothing.
# Usage: install_packages.sh LISTFILE...
set -euo pipefail

fail() { echo "install_packages: $*" >&2; exit 1; }

installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || true)" = installed ]; }

# A name of an index that was never fetched has no candidate; so has one that this release does not carry.
available() { [[ $(apt-cache policy "$1" 2>/dev/null) =~ Candidate:\ [^\(] ]]; }

[ $# -gt 0 ] || fail "usage: install_packages.sh LISTFILE..."
command -v apt-get >/dev/null || fail "no apt-get here; install the packages named in $* by hand"

missing=()
for list in "$@"; do
  [ -r "$list" ] || fail "cannot read $list"
  while read -r line; do
    case $line in '' | '#'*) continue ;; esac
    IFS='|' read -ra names <<<"$line"
    for name in "${names[@]}"; do
      installed "$name" && continue 2
    done
    missing+=("$line")
  done <"$list"
done

if [ ${#missing[@]} -eq 0 ]; then
  echo "packages: all of $(basename -a "$@" | paste -sd' ') installed already"
  exit 0
fi

as_root=()
if [ "$(id -u)" != 0 ]; then
  command -v sudo >/dev/null || fail "missing: ${missing[*]}; run this as root, or install sudo"
  as_root=(sudo)
fi

echo "packages: installing ${missing[*]}"
# sudo drops the environment, hence env(1) behind it.
apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() { "${apt[@]}" "$@" >"$log" 2>&1; }

# A foreign source that does not answer must not stop us: what counts is whether the packages can be had.
run update || echo "packages: apt-get update complained: $(grep -m1 '^E:' "$log" || tail -n1 "$log")" >&2
chosen=()
for line in "${missing[@]}"; do
  IFS='|' read -ra names <<<"$line"
  for name in "${names[@]}"; do
    if available "$name"; then
      chosen+=("$name")
      continue 2
    fi
  done
  fail "no package for '$line' in this machine's apt sources"
done
run install --no-install-recommends "${chosen[@]}" || { cat "$log" >&2; fail "apt-get could not install ${chosen[*]}"; }
