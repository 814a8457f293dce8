# Sourced after maven.sh, at the root of the repository: system_program CLASS ARGUMENTS... runs a program of the system tests on the linked runtime.
system_program() {
  [ -x dist/tailjar/bin/tailjar ] || { echo "dist/tailjar is not built: run scripts/build first" >&2; exit 69; }
  system_class "$@"
}

# system_class CLASS ARGUMENTS...: the same for a program that is told where the linked runtime is.
system_class() {
  [ "$(id -u)" = 0 ] || { echo "needs root, for network namespaces" >&2; exit 69; }
  maven -q -Psystem -pl modules/systemtests -Dformat.skip=true test-compile dependency:build-classpath -Dmdep.outputFile=target/classpath
  exec "$JDK/bin/java" -Dtailjar.dist="$PWD/dist/tailjar" -Dtailjar.caller="$OLDPWD" -ea \
    -cp "modules/systemtests/target/test-classes:$(cat modules/systemtests/target/classpath)" "org.tailjar.systemtests.$@"
}
