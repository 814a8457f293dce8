# Sets JDK to the home of a JDK 25: $JDK or $JAVA_HOME if it is one, else the first found where Linux systems keep them.
jdk_is_25() { [ -x "$1/bin/javac" ] && grep -qs '^JAVA_VERSION="25[."]' "$1/release"; }
for candidate in "${JDK:-}" "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/jdk* /opt/java/* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/*; do
  if [ -n "$candidate" ] && jdk_is_25 "$candidate"; then JDK=$candidate; break; fi
  JDK=
done
if [ -z "$JDK" ]; then
  echo "no JDK 25 found: install one (for example Temurin 25) under /usr/lib/jvm, or set JAVA_HOME to it" >&2
  exit 69
fi
export JDK
