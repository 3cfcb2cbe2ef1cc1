#!/bin/bash
# Makes a root folder with CPython 3.13, 3.14 and 3.15 and trio, out of Debian's testing suite.
# Usage: provision_pythons.sh [ROOT]      (default: build/pythons/root below the project's top)
#
# apt resolves and downloads with a configuration of its own, and the packages are only unpacked, never configured:
# no maintainer script runs, nothing is mounted, and this machine's own packages stay as they are.
# A finished root is recognised by its stamp and reused at once.
set -euo pipefail

pythons=(3.13 3.14 3.15)
packages=(base-files libc-bin dash coreutils python3-trio "${pythons[@]/#/python}")

fail() { echo "provision_pythons: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || exec sudo "$0" "$@"
top=$(cd "$(dirname "$0")/../.." && pwd)
root=$(realpath -m "${1:-$top/build/pythons/root}")
stamp=$root/.subint-doctor-pythons
wanted=$(sha256sum <"$0" | cut -d' ' -f1)

finished() { [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; }

if finished; then
  echo "pythons: $root is ready"
  exit 0
fi

mkdir -p "$(dirname "$root")"
exec 9>"$root.lock"
flock 9 # somebody else may be making the same root
if finished; then exit 0; fi
if [ -e "$root" ] && [ ! -e "$stamp" ]; then
  fail "$root exists and is none of ours; name another folder"
fi

partial=$root.partial
work=$root.work
log=$root.log
rm -rf "$partial" "$work"
mkdir -p "$partial" "$work"/{lists/partial,archives/partial}
trap 'rm -rf "$work"' EXIT

# The machine's own apt sources say where Debian comes from. --no-release-info: also before the first `apt-get update`.
codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
source=$(apt-get indextargets --no-release-info --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' \
  'Created-By: Packages' |
  awk -v codename="$codename" '($1 == codename || $1 ~ /^(stable|testing|unstable|sid)$/) && $2 == "main" && !found++')
read -r _ _ mirror <<<"$source" || true
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -n "${mirror:-}" ] || fail "this machine's apt sources have no entry for Debian's '$codename main'"
[ -r "$keyring" ] || fail "no $keyring; install debian-archive-keyring"

cat >"$work/sources.list" <<END
deb [target=Packages signed-by=$keyring] $mirror testing main
END
: >"$work/status"
# The machine's own settings (proxy, certificates) stay in force; a snapshot's Release file may be past its date.
cat >"$work/apt.conf" <<END
Dir::Etc::sourcelist "$work/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$work/lists";
Dir::State::status "$work/status";
Dir::State::extended_states "$work/extended_states";
Dir::Cache "$work";
Acquire::Check-Valid-Until "false";
Acquire::Retries "3";
APT::Sandbox::User "root";
APT::Get::AllowUnauthenticated "false";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
END
apt() { apt-get -c "$work/apt.conf" -q -y "$@" >>"$log" 2>&1 || { tail -n 20 "$log" >&2; fail "apt-get $1 failed"; }; }

: >"$log"
echo "pythons: fetching the package lists of Debian testing"
apt update
echo "pythons: downloading ${packages[*]} and what they depend on"
apt install --no-install-recommends --download-only "${packages[@]}"

echo "pythons: unpacking $(find "$work/archives" -name '*.deb' | wc -l) packages into $root"
mkdir -p "$partial"/usr/{bin,sbin,lib,lib64} "$partial"/{dev,proc,run,tmp,fixtures}
chmod 1777 "$partial/tmp"
for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$partial/$folder"; done
export partial
find "$work/archives" -name '*.deb' -print0 | xargs -0 -n1 -P2 bash -c \
  'set -o pipefail; dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$partial"' unpack ||
  fail "a package could not be unpacked"
# Device nodes instead of a mounted /dev: nothing has to be unmounted when a test run dies.
for device in 'null 1 3' 'zero 1 5' 'full 1 7' 'random 1 8' 'urandom 1 9' 'tty 5 0'; do
  read -r name major minor <<<"$device"
  mknod -m 666 "$partial/dev/$name" c "$major" "$minor" || fail "cannot make /dev/$name (no CAP_MKNOD?)"
done

for version in "${pythons[@]}"; do
  # Importing once leaves compiled modules behind, so that patients start fast.
  chroot "$partial" "/usr/bin/python$version" -W ignore -c \
    'import sys, trio, asyncio, ctypes, _interpreters, hashlib, re; print("pythons:", sys.version.split()[0], "with trio", trio.__version__)' ||
    fail "python$version does not start or cannot import trio (log: $log)"
done

rm -rf "$root"
echo "$wanted" >"$partial/.subint-doctor-pythons"
mv "$partial" "$root"
