#!/bin/sh
# Becomes the JVM of the linked runtime, with the options that its AOT cache was made with.
self=$0
while [ -h "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=$(dirname "$self")/$link ;;
  esac
done
home=$(cd "$(dirname "$self")/.." && pwd -P)
exec "$home/bin/java" "-XX:AOTCache=$home/lib/tailjar.aot" "-Djna.boot.library.path=$home/lib" \
  "@$home/conf/jvm.options" -m org.tailjar.launcher/org.tailjar.launcher.Main "$@"
