# Gives podman and buildah a storage and settings of their own, in dist/test/containers, so that the tests neither see nor
# change the user's images, and run where nested containers are allowed little.
containers() {
  local directory=$PWD/dist/test/containers
  mkdir -p "$directory"
  cat > "$directory/storage.conf" <<STORAGE
[storage]
driver = "vfs"
graphroot = "$directory/graph"
runroot = "$directory/run"
STORAGE
  cat > "$directory/containers.conf" <<CONTAINERS
[engine]
runtime = "runc"
events_logger = "file"
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
CONTAINERS
  export CONTAINERS_STORAGE_CONF=$directory/storage.conf CONTAINERS_CONF=$directory/containers.conf
  export CONTAINER_BUILD_OPTIONS="--ulimit nofile=1024:1024 --ulimit nproc=1024:1024"
}

# compose: podman-compose of PyPI, in dist/test, unless there is one.
compose() {
  command -v podman-compose > /dev/null && return
  pip3 install -q --disable-pip-version-check --root-user-action=ignore --target dist/test/podman-compose "podman-compose==1.6.0" &&
    printf '#!/bin/sh\nPYTHONPATH="%s" exec python3 -m podman_compose "$@"\n' "$PWD/dist/test/podman-compose" > dist/test/podman-compose/podman-compose &&
    chmod +x dist/test/podman-compose/podman-compose
}

# image: the image from the shipped Dockerfile, on bases of this machine's own files.
image() {
  if ! command -v podman > /dev/null; then
    echo "no podman: the tests of the image are skipped"
    return
  fi
  compose || echo "no podman-compose: its test is skipped"
  CONTAINER_ENGINE=podman scripts/image --local-base
}
