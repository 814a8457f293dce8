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
