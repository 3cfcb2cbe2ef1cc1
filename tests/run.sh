#!/bin/bash
# Installs what is missing, provisions the Pythons, builds, and runs every test. Safe to run twice.
# Usage: tests/run.sh [STEP...]      all steps by default; logs are in build/logs
#        tests/run.sh full           the same with long fuzzing and thousands of kills: an hour
set -euo pipefail
cd "$(dirname "$0")/.."

all=(packages pythons build unit house integration chaos format clang tidy asan tsan fuzz)
jobs=$(nproc)
fuzz_s=30
mkdir -p build/logs

# The versioned name where the distribution has it: format and tidy differ between versions.
tool() { command -v "$1-14" || command -v "$1" || { echo "no $1: run tests/run.sh packages" >&2; return 1; }; }

configure_and_build() { # FOLDER TARGET... -- CMAKE-OPTION...
  local folder=$1 launcher=() targets=()
  shift
  while [ "$1" != -- ]; do targets+=("$1"); shift; done
  shift
  if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  cmake -G Ninja -S . -B "$folder" -DCMAKE_COMPILE_WARNING_AS_ERROR=ON -DSUBINT_DOCTOR_TESTS=ON "${launcher[@]}" "$@"
  cmake --build "$folder" -j "$jobs" --target "${targets[@]}"
}

run_ctest() { ctest --test-dir "$1" --output-on-failure --no-tests=error -j "$jobs"; }

# Patients live in another root folder, and only root may put them there.
run_pytest() {
  local as_root=()
  [ "$(id -u)" = 0 ] || as_root=(sudo)
  [ -n "$(find "$1" -name 'test_*.py' -print -quit)" ] || { echo "no tests in $1"; return 1; }
  "${as_root[@]}" env SUBINT_DOCTOR="$PWD/build/test/subint-doctor" SUBINT_DOCTOR_PYTHONS="$PWD/build/pythons/root" \
    SUBINT_DOCTOR_LONG="${SUBINT_DOCTOR_LONG:-}" /usr/bin/python3 -m pytest -q -p no:cacheprovider "$1"
}

sources() { find src include tests fixtures -name "$1" -not -path '*/build/*' | sort; }

# The product only: clang-tidy takes 5 to 15 s for each file. One is looked at again only when it, a header or the rules changed.
lint() {
  local stamps=build/tidy newest file stamp
  mkdir -p "$stamps"
  newest=$(find include src .clang-tidy CMakeLists.txt \( -name '*.h' -o -name '*.inc' -o -name '*.in' -o -name .clang-tidy \
    -o -name CMakeLists.txt \) -printf '%T@ %p\n' | sort -n | tail -n1 | cut -d' ' -f2-)
  for file in $(find src -name '*.cc' | sort); do
    stamp=$stamps/${file//\//_}
    if [ "$stamp" -nt "$file" ] && [ "$stamp" -nt "$newest" ]; then continue; fi
    echo "$file"
  done | xargs -r -P "$jobs" -I{} bash -c \
    'stamp=$1/${3//\//_}; begun=$(mktemp "$stamp.XXXX"); "$2" -p build/clang --quiet "$3" && mv "$begun" "$stamp" || { rm -f "$begun"; exit 1; }' \
    lint "$stamps" "$(tool clang-tidy)" {}
}

step_packages() { tests/support/install_packages.sh tests/support/build-packages.txt tests/support/test-packages.txt; }
step_pythons() { tests/support/provision_pythons.sh build/pythons/root; }
step_build() { configure_and_build build/test all -- -DCMAKE_BUILD_TYPE=Release; }
step_unit() { step_build && run_ctest build/test; }
step_house() { run_pytest tests/house; }
step_integration() { step_pythons && step_build && run_pytest tests/integration; }
step_chaos() { step_pythons && step_build && run_pytest tests/chaos; }
step_format() { sources '*.cc' >build/logs/files && sources '*.h' >>build/logs/files && xargs "$(tool clang-format)" --dry-run -Werror <build/logs/files; }
# The second compiler: its warnings, and everything under its sanitizers and ready to be fuzzed; one build for all of it.
step_clang() {
  configure_and_build build/clang all fuzz -- -DCMAKE_CXX_COMPILER="$(tool clang++)" -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_CXX_FLAGS_DEBUG="-O0 -g1" -DSUBINT_DOCTOR_FUZZ=ON
}
step_tidy() { step_clang && lint; }
# One test is left out: AddressSanitizer's shadow is larger than any RLIMIT_AS, so that once one is set its own malloc gets
# no more memory from the kernel ("Failed to mmap") and ends the process.
step_asan() {
  step_clang
  build/clang/tests/rule_tests --gtest_brief=1
  seq 0 $((jobs - 1)) | GTEST_TOTAL_SHARDS=$jobs xargs -P "$jobs" -I{} \
    env GTEST_SHARD_INDEX={} build/clang/tests/unit_tests --gtest_brief=1 --gtest_filter=-HoldTest.WithoutMemoryItIsAnError
}
# What has threads: the one that inspects, the second reader, and holds.
step_tsan() {
  configure_and_build build/tsan thread_tests -- -DCMAKE_CXX_COMPILER="$(tool clang++)" -DCMAKE_BUILD_TYPE=Debug \
    -DCMAKE_CXX_FLAGS_DEBUG="-O0 -g1" -DSUBINT_DOCTOR_SANITIZE=thread
  build/tsan/tests/thread_tests --gtest_brief=1
}
# Each target from its seeds on, always in the same order; what it finds is in build/logs/crash-*.
step_fuzz() {
  local target corpus most_mib
  step_clang
  for target in build/clang/tests/fuzz/*_fuzz; do
    corpus=build/clang/corpus/${target##*/}
    rm -rf "$corpus"
    mkdir -p "$corpus"
    "$target"_seeds "$corpus"
    echo "$target"
    # Its inputs count, which for a decoder are images of half a mebibyte each; so does what AddressSanitizer keeps.
    most_mib=128
    [[ $target != */decode_fuzz ]] || most_mib=512
    ASAN_OPTIONS=quarantine_size_mb=16 "$target" "$corpus" -seed=1 -max_total_time="$fuzz_s" -max_len=400000 \
      -rss_limit_mb="$most_mib" -timeout=10 -len_control=0 -artifact_prefix=build/logs/ -print_final_stats=1 -verbosity=0
  done
}

if [ "$*" = full ]; then
  set --
  export SUBINT_DOCTOR_LONG=1
  fuzz_s=900
fi
steps=("$@")
[ $# -gt 0 ] || steps=("${all[@]}")
for step in "${steps[@]}"; do
  [[ " ${all[*]} " == *" $step "* ]] || { echo "run.sh: no step '$step'; there are: ${all[*]}" >&2; exit 2; }
done

failed=()
for step in "${steps[@]}"; do
  begun=$SECONDS
  printf '%-12s ' "$step"
  # A shell of its own, so that `set -e` holds inside: in a condition it would not.
  set +e
  (set -e; "step_$step") >"build/logs/$step.log" 2>&1
  status=$?
  set -e
  if [ $status = 0 ]; then
    echo "ok      $((SECONDS - begun)) s   $(grep -E 'tests passed|passed|ready$' "build/logs/$step.log" | tail -n1)"
    continue
  fi
  echo "FAILED  $((SECONDS - begun)) s   build/logs/$step.log ends with:"
  tail -n 60 "build/logs/$step.log" | sed 's/^/    /'
  failed+=("$step")
  # Nothing after these can be believed without them.
  case $step in packages | pythons | build) break ;; esac
done

[ ${#failed[@]} = 0 ] || { echo "run.sh: failed: ${failed[*]}" >&2; exit 1; }
echo "run.sh: all passed in $SECONDS s"
