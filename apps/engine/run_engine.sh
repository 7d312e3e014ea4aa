#!/usr/bin/env bash
# Starts the built matching engine.
#   ./run_engine.sh           LOG_LEVEL from the environment, else INFO
#   ./run_engine.sh --debug   LOG_LEVEL=DEBUG
#   ./run_engine.sh --dev     clears this engine's keys of both caches first (a loopback address only)
set -euo pipefail
folder="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
bundle="$folder/dist/main.mjs"
options=()
for option in "$@"; do
  case "$option" in
    --debug) export LOG_LEVEL=DEBUG ;;
    --dev) options+=(--dev) ;;
    *) echo "unknown option $option: --debug and --dev are known" >&2; exit 2 ;;
  esac
done
if [[ ! -f "$bundle" ]]; then
  echo "$bundle is missing: build it with 'npx nx build engine'" >&2
  exit 2
fi
exec node --enable-source-maps "$bundle" "${options[@]+"${options[@]}"}"
