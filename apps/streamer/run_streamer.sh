#!/usr/bin/env bash
# Runs the built streamer. Settings come from the environment, see README.md.
#   ./run_streamer.sh           serve
#   ./run_streamer.sh --debug   serve, with DEBUG_MODE=true
#   ./run_streamer.sh --init    forget anonymous connections (local cache only), then serve
set -euo pipefail
here="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
bundle="$here/dist/main.mjs"

init=false
for option in "$@"; do
  case "$option" in
    --debug) export DEBUG_MODE=true ;;
    --init) init=true ;;
    *)
      echo "unknown option: $option (known: --debug, --init)" >&2
      exit 2
      ;;
  esac
done

if [[ ! -f "$bundle" ]]; then
  echo "$bundle is missing: build it with 'npx nx build streamer'" >&2
  exit 1
fi
if [[ "$init" == true ]]; then node "$bundle" --init; fi
exec node "$bundle"
