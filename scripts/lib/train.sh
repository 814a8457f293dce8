# train IMAGE WORK: runs the linked runtime at IMAGE as a node of a tailnet on loopback, served by another JVM, and
# leaves its AOT cache at IMAGE/lib/tailjar.aot. WORK has the modules (jars, testkit) and gets the logs.
train() {
  local image work tmp partner trainee status=0
  image=$(cd "$1" && pwd -P)
  work=$2
  tmp=$(mktemp -d)
  "$JDK/bin/keytool" -genkeypair -alias training -keyalg EC -dname CN=127.0.0.1 -ext san=ip:127.0.0.1 -ext bc=ca:true \
    -storetype PKCS12 -keystore "$tmp/keys" -storepass training 2> /dev/null
  "$JDK/bin/keytool" -exportcert -rfc -alias training -keystore "$tmp/keys" -storepass training > "$tmp/ca.pem" 2> /dev/null

  "$JDK/bin/java" --module-path "$work/jars:$work/testkit" --add-modules org.tailjar.tailnet,org.tailjar.testkit \
    --enable-native-access=ALL-UNNAMED,com.sun.jna,org.tailjar.crypto \
    --add-exports=java.base/sun.nio.ch=org.tailjar.linux \
    scripts/lib/TrainingTailnet.java "$tmp/keys" training "$tmp/ca.pem" > "$tmp/tailnet" 2> "$work/training-tailnet.log" &
  partner=$!
  await 60 $partner grep -q TAILSCALE_KEY "$tmp/tailnet" || status=1

  if [ $status = 0 ]; then
    env -i PATH="$PATH" HOME="$tmp" $(grep ^TAILSCALE_ "$tmp/tailnet") TAILSCALE_CA_FILE="$tmp/ca.pem" \
      TAILSCALE_HOSTNAME=trainee TAILSCALE_STATE_DIR="$tmp/state" TAILSCALE_SOCKET="$tmp/sock" \
      TAILSCALE_HEALTH_ADDR=127.0.0.1:19002 TAILSCALE_UDP_PORT=0 TAILSCALE_ACCEPT_DNS=false TAILSCALE_LOGOUT=never \
      "$image/bin/java" "-XX:AOTCacheOutput=$image/lib/tailjar.aot" "-Djna.boot.library.path=$image/lib" \
      -Dtailjar.training=true "@$image/conf/jvm.options" -m org.tailjar.launcher/org.tailjar.launcher.Main run \
      > "$work/training.log" 2>&1 &
    trainee=$!
    await 120 $trainee grep -q ^trained "$tmp/tailnet" || status=1
    await 30 $trainee grep -q 'the commands have run' "$work/training.log" || status=1
    kill $trainee || status=1
    wait $trainee || status=1
  fi
  kill $partner 2> /dev/null || true
  wait $partner 2> /dev/null || true
  rm -rf "$tmp"
  if [ $status != 0 ] || [ ! -s "$image/lib/tailjar.aot" ]; then
    echo "the training run failed:" >&2
    cat "$work/training-tailnet.log" "$work/training.log" | tail -n 40 >&2
    return 1
  fi
}

# await SECONDS PID COMMAND...: until the command succeeds; gives up when the process ends.
await() {
  local end=$((SECONDS + $1)) pid=$2
  shift 2
  until "$@" 2> /dev/null; do
    [ $SECONDS -lt $end ] && kill -0 "$pid" 2> /dev/null || return 1
    sleep 0.2
  done
}
