# What the commands in this folder share: the repository's place, system packages, Pythons and
# virtual environments. Sourced, never run. Everything it makes lies inside the repository, in
# .venv/ and .build/; each step is said in one line.
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
known_pythons=(3.11 3.12 3.13)

say() { printf 'fastlane: %s\n' "$*" >&2; }

fail() {
  printf 'fastlane: %s\n' "$*" >&2
  exit 2
}

# ---- System packages ----------------------------------------------------------------------------
has_header() {
  local folder
  for folder in /usr/include /usr/local/include "/usr/include/$(uname -m)-linux-gnu"; do
    [ -e "$folder/$1" ] && return 0
  done
  return 1
}

# Prints the Debian names of what a build needs and this machine lacks.
missing_packages() {
  local library header package
  command -v c++ >/dev/null || command -v "${CXX:-g++}" >/dev/null || echo g++
  command -v cmake >/dev/null || echo cmake
  command -v ninja >/dev/null || echo ninja-build
  has_header gtest/gtest.h || echo libgtest-dev
  while read -r library header package; do
    has_header "$header" || echo "$package"
  done <"$top/kernels/libraries.txt"
}

# install_packages NAME...: through apt where that is possible, otherwise says what is missing.
install_packages() {
  local as_root=()
  if [ "$(id -u)" -ne 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
      as_root=(sudo -n)
    else
      as_root=(none)
    fi
  fi
  if [ "${as_root[*]}" = none ] || ! command -v apt-get >/dev/null; then
    fail "these packages are missing: $*
  Debian and Ubuntu:  sudo apt-get install $*
  elsewhere, install what your system calls them, and start this again."
  fi
  say "installing system packages: $*"
  local log
  log=$(mktemp)
  if ! { "${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=120 update &&
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 \
      install --no-install-recommends -y "$@"; } >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    fail "apt-get could not install: $*"
  fi
  rm -f "$log"
}

need_system_packages() {
  local missing
  mapfile -t missing < <(missing_packages)
  [ ${#missing[@]} -eq 0 ] || install_packages "${missing[@]}"
}

# ---- Pythons ------------------------------------------------------------------------------------
# python_serves PATH X.Y: it runs, is that version, has headers and can make a virtual environment.
python_serves() {
  "$1" -I - "$2" <<'PYTHON' >/dev/null 2>&1
import ensurepip, os, sys, sysconfig, venv
serves = "%d.%d" % sys.version_info[:2] == sys.argv[1] and not hasattr(sys, "gettotalrefcount")
headers = os.path.isfile(os.path.join(sysconfig.get_path("platinclude"), "Python.h"))
sys.exit(not (serves and headers and sys.prefix == sys.base_prefix))
PYTHON
}

# Candidates for one version: on PATH, then where version managers keep theirs, then their shims.
python_candidates() {
  local version=$1 found folder
  local on_path=() shims=() roots=("${PYENV_ROOT:-${HOME:-/nowhere}/.pyenv}")
  mapfile -t on_path < <(type -aP "python$version" || true)
  for found in "${on_path[@]}"; do
    case $found in
      */shims/*)
        shims+=("$found")
        roots+=("${found%/shims/*}")
        ;;
      *) echo "$found" ;;
    esac
  done
  for folder in "${roots[@]}"; do
    for found in "$folder/versions/$version".*/bin/"python$version"; do
      [ -x "$found" ] && echo "$found"
    done
  done
  [ ${#shims[@]} -eq 0 ] || printf '%s\n' "${shims[@]}"
}

find_python() {
  local candidate
  while read -r candidate; do
    if python_serves "$candidate" "$1"; then
      echo "$candidate"
      return 0
    fi
  done < <(python_candidates "$1")
  return 1
}

environment_of() { echo "$top/.venv/$1"; }
python_of() { echo "$top/.venv/$1/bin/python"; }

# make_environment FOLDER INTERPRETER STAMP PACKAGE...: a virtual environment with these packages.
make_environment() {
  local folder=$1 interpreter=$2 stamp=$3 log
  shift 3
  log=$(mktemp)
  rm -rf "$folder"
  mkdir -p "$(dirname "$folder")"
  if ! { "$interpreter" -m venv "$folder" &&
    "$folder/bin/python" -m pip install --quiet --disable-pip-version-check "$@"; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -rf "$log" "$folder"
    fail "could not make the virtual environment $folder"
  fi
  rm -f "$log"
  echo "$stamp" >"$folder/fastlane-stamp"
}

# A stamp changes with the wanted packages, and with the folder: environments cannot be moved.
stamp_of() { cat "$1" - <<<"$2" | cksum; }

is_stamped() { [ -x "$1/bin/python" ] && [ "$(cat "$1/fastlane-stamp" 2>/dev/null)" = "$2" ]; }

# need_environment X.Y: makes .venv/X.Y unless it is there; fails when that Python cannot be had.
need_environment() {
  local version=$1 folder stamp interpreter
  folder=$(environment_of "$version")
  stamp=$(stamp_of "$top/tests/requirements.txt" "$folder")
  if is_stamped "$folder" "$stamp" && "$folder/bin/python" -c '' 2>/dev/null; then return 0; fi
  interpreter=$(find_python "$version") || return 1
  say "making a virtual environment for Python $version ($interpreter)"
  make_environment "$folder" "$interpreter" "$stamp" -r "$top/tests/requirements.txt"
}

# need_pythons first|all|X.Y...: makes the environments and sets the array `pythons` to their
# versions. `first` takes the oldest that is here; `all` takes every one.
need_pythons() {
  local version wanted=("$@")
  pythons=()
  case $1 in first | all) wanted=("${known_pythons[@]}") ;; esac
  for version in "${wanted[@]}"; do
    if need_environment "$version"; then
      pythons+=("$version")
      if [ "$1" = first ]; then return 0; fi
    elif [ "$1" != first ] && [ "$1" != all ]; then
      fail "no Python $version that runs, has its headers and can make virtual environments"
    fi
  done
  if [ ${#pythons[@]} -eq 0 ]; then
    install_packages python3 python3-dev python3-venv
    for version in "${known_pythons[@]}"; do
      if need_environment "$version"; then pythons+=("$version"); fi
    done
  fi
  if [ ${#pythons[@]} -eq 0 ]; then
    fail "no Python of ${known_pythons[*]} with its headers was found"
  fi
}

# ---- Builds -------------------------------------------------------------------------------------
# Interpreters of every environment that is ready, as a CMake list.
all_interpreters() {
  local version list=""
  for version in "${known_pythons[@]}"; do
    [ -f "$(environment_of "$version")/fastlane-stamp" ] || continue
    list+="${list:+;}$(python_of "$version")"
  done
  echo "$list"
}

# configure FOLDER [CMake option...]: asks CMake only when something about the question changed.
configure() {
  local folder=$1 question
  shift
  question="$folder $*"
  if [ -f "$folder/build.ninja" ] && [ "$(cat "$folder/question" 2>/dev/null)" = "$question" ]; then
    return 0
  fi
  say "configuring ${folder#"$top"/}"
  mkdir -p "$folder"
  rm -f "$folder/question" "$folder/CMakeCache.txt"
  if ! cmake -S "$top" -B "$folder" -G Ninja "$@" >"$folder/configure.log" 2>&1; then
    tail -n 30 "$folder/configure.log" >&2
    fail "CMake refused; the whole of it is in $folder/configure.log"
  fi
  echo "$question" >"$folder/question"
}

# compile FOLDER TARGET...
compile() {
  local folder=$1
  shift
  say "building ${folder#"$top"/}: $*"
  ninja -C "$folder" --quiet "$@" 2>&1 | sed '/^-- /d; /^ninja: no work to do/d' >&2 ||
    fail "the build failed"
}
