# The steps of a check, for `.ci/run` and `.ci/all` to source. Each step counts as one check, and each spec as one.
#
#     step NAME COMMAND…           runs it and shows its output
#     begin NAME COMMAND…          starts it beside what follows; its output waits until it is collected
#     collect NAME                 waits for what `begin` started, then shows and counts it
#     lane LANE NAME COMMAND…      adds it to the steps of a lane
#     run_lanes                    runs some lanes beside each other, the steps of a lane one after the other
#     finish                       says what failed and ends with the line `N passed, N failed`
#
# The lines that end a step tell its seconds, and the processor seconds of it and of the processes it waited for.
scratch="$(mktemp -d)"
# shellcheck disable=SC2046
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$scratch"' EXIT
passed=0
failed=0
failures=()
declare -A begun
lanes=()
lane_names=()
lane_commands=()
LANES_AT_ONCE=4
CHECKS_STARTED=$SECONDS

# apart COMMAND…: a command that calls `exit` ends only itself.
apart() {
  ("$@")
}

# run FILE COMMAND…: runs the command, its output into FILE; writes its seconds and its status beside FILE.
run() {
  local file="$1" started=$SECONDS status TIMEFORMAT='%U %S'
  shift
  { time apart "$@" >"$file" 2>&1; } 2>"$file.processor"
  status=$?
  awk -v wall=$((SECONDS - started)) '{printf "%d s (processor %d s)\n", wall, $1 + $2}' "$file.processor" >"$file.seconds"
  # Renamed, so that it is whole for whoever waits for it.
  echo "$status" >"$file.ending" && mv "$file.ending" "$file.status"
  return "$status"
}

# count NAME FILE: adds up what a step has shown.
count() {
  local name="$1" file="$2" status specs_passed specs_total
  status="$(cat "$file.status")"
  # A spec that failed is shown whole, with counts of its own; those of all specs go on with the number of files.
  specs_passed=$(awk '/^ *Passed: /{n=$2} /^ *Files: /{all+=n} END{print all+0}' "$file")
  specs_total=$(awk '/^ *Total: /{n=$2} /^ *Files: /{all+=n} END{print all+0}' "$file")
  passed=$((passed + specs_passed))
  failed=$((failed + specs_total - specs_passed))
  if [ "$status" -eq 0 ]; then
    passed=$((passed + 1))
  else
    failures+=("$name")
    # A step that fails because of its specs is counted by them.
    [ "$specs_passed" -lt "$specs_total" ] || failed=$((failed + 1))
  fi
  printf -- '--- %s: %s in %s\n' "$name" "$([ "$status" -eq 0 ] && echo passed || echo "FAILED ($status)")" "$(cat "$file.seconds")"
}

step() {
  local name="$1" follower
  shift
  printf '\n=== %s\n' "$name"
  : >"$scratch/output"
  tail -f -n +1 "$scratch/output" &
  follower=$!
  run "$scratch/output" "$@"
  # The last lines may not have been shown yet.
  sleep 0.2
  kill "$follower" 2>/dev/null
  wait "$follower" 2>/dev/null
  count "$name" "$scratch/output"
}

begin() {
  local name="$1"
  shift
  (
    # Only the shell that sourced this file tidies up.
    trap - EXIT
    run "$scratch/$name.output" "$@"
  ) &
  begun["$name"]=$!
}

collect() {
  wait "${begun[$1]}"
  show_beside "$1" "$scratch/$1.output"
}

show_beside() {
  printf '\n=== %s (ran beside others)\n' "$1"
  cat "$2"
  count "$1" "$2"
}

lane() {
  lanes+=("$1")
  lane_names+=("$2")
  shift 2
  lane_commands+=("$(printf '%q ' "$@")")
}

# The steps of one lane, in order.
run_lane() {
  local i
  for i in "${!lanes[@]}"; do
    [ "${lanes[$i]}" = "$1" ] && run "$scratch/lane-$i" eval "${lane_commands[$i]}"
  done
}

# The lanes in their order, LANES_AT_ONCE at a time: with more, single steps take so long that they run into their limits.
# Shows each step when it ends.
run_lanes() {
  local i left=${#lanes[@]} shown=() waiting
  mapfile -t waiting < <(printf '%s\n' "${lanes[@]}" | awk '!seen[$0]++')
  while [ "$left" -gt 0 ]; do
    while [ ${#waiting[@]} -gt 0 ] && [ "$(jobs -rp | wc -l)" -lt "$LANES_AT_ONCE" ]; do
      (
        trap - EXIT
        run_lane "${waiting[0]}"
      ) &
      waiting=("${waiting[@]:1}")
    done
    for i in "${!lanes[@]}"; do
      [ -z "${shown[$i]:-}" ] && [ -f "$scratch/lane-$i.status" ] || continue
      show_beside "${lane_names[$i]}" "$scratch/lane-$i"
      shown[i]=yes
      left=$((left - 1))
    done
    sleep 0.5
  done
}

finish() {
  local name
  printf '\n%d s in all\n' $((SECONDS - CHECKS_STARTED))
  for name in "${failures[@]:-}"; do [ -n "$name" ] && echo "failed: $name"; done
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
}
