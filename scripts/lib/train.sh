# train IMAGE: runs the linked runtime at IMAGE as a node, and leaves its AOT cache at IMAGE/lib/tailjar.aot.
train() {
  local image
  image=$(cd "$1" && pwd -P)
  local cache=$image/lib/tailjar.aot log=$work/training.log
  "$image/bin/java" "-XX:AOTCacheOutput=$cache" "-Djna.boot.library.path=$image/lib" "@$image/conf/jvm.options" \
    --list-modules > "$log" 2>&1
  [ -s "$cache" ] || { echo "the training run left no AOT cache:" >&2; cat "$log" >&2; return 1; }
}
