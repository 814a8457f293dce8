# maven ARGS...: runs Maven without the network, and with it where something is not in the local repository yet.
maven() {
  local log status=0
  log=$(mktemp)
  ./mvnw -o -B "$@" > "$log" 2>&1 || status=$?
  if [ $status != 0 ] && grep -q 'in offline mode' "$log"; then
    status=0
    ./mvnw -B "$@" > "$log" 2>&1 || status=$?
  fi
  cat "$log"
  rm -f "$log"
  return $status
}
