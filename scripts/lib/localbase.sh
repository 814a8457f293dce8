# local_base KIND DIRECTORY: the context of an image that stands in for a base of docker/Dockerfile, from files of this
# machine: "run" is busybox, the C library and OpenSSL's libcrypto, as Alpine has them; "build" is that, the JDK, a few
# programs and the local Maven repository.
local_base() {
  local kind=$1 directory=$2 root=$2/root applet program
  mkdir -p "$root"/{bin,dev,etc,lib,opt,proc,root,run,sbin,sys,tmp,usr/bin,usr/local/bin,usr/sbin,var}
  chmod 1777 "$root/tmp"
  ln -s ../run "$root/var/run"
  echo 'root:x:0:0:root:/root:/bin/sh' > "$root/etc/passwd"
  echo 'root:x:0:' > "$root/etc/group"
  echo 'hosts: files dns' > "$root/etc/nsswitch.conf"

  if ! command -v busybox > /dev/null; then
    echo "needs busybox; on Debian: apt-get install busybox-static" >&2
    return 69
  fi
  with_libraries "$root" "$(command -v busybox)" "$root/bin/busybox"
  for applet in $(busybox --list); do
    [ "$applet" = busybox ] || ln -s /bin/busybox "$root/bin/$applet"
  done
  ln -s /bin/busybox "$root/usr/bin/env"
  with_libraries "$root" "$JDK/lib/server/libjvm.so"
  # Without it the JDK's own cipher is used.
  by_name "$root" libcrypto.so.3

  if [ "$kind" = build ]; then
    for program in bash cp du find grep mktemp mv sed tail; do
      rm -f "$root/bin/$program"
      with_libraries "$root" "$(command -v "$program")" "$root/bin/$program"
    done
    by_name "$root" libutil.so.1 # for Maven's console
    mkdir -p "$root/opt/java" "$root/root/.m2"
    cp -aL "$JDK" "$root/opt/java/openjdk"
    for part in repository wrapper; do
      [ ! -d "$HOME/.m2/$part" ] || cp -a "$HOME/.m2/$part" "$root/root/.m2/"
    done
  fi

  tar -C "$root" --owner=0 --group=0 --numeric-owner -cf "$directory/root.tar" .
  rm -rf "$root"
  {
    echo 'FROM scratch'
    echo 'ADD root.tar /'
    echo 'ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'
    [ "$kind" = run ] || echo 'ENV JAVA_HOME=/opt/java/openjdk PATH=/opt/java/openjdk/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin'
    echo 'CMD ["/bin/sh"]'
  } > "$directory/Dockerfile"
}

# with_libraries ROOT FILE [TARGET]: copies what the program or library FILE is linked with, and FILE itself to TARGET.
with_libraries() {
  local root=$1 file=$2 library
  [ $# -lt 3 ] || cp -L "$file" "$3"
  ldd "$file" 2> /dev/null | grep -o '/[^ ]*' | while read -r library; do
    mkdir -p "$root${library%/*}"
    cp -L "$library" "$root$library"
  done || true
}

# by_name ROOT NAME: copies a library that is loaded by its name, if this machine has it.
by_name() {
  local root=$1 file
  file=$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p | sed -n "s/.*$2 .*=> //p" | head -n 1)
  [ -n "$file" ] || return 0
  mkdir -p "$root${file%/*}"
  with_libraries "$root" "$file" "$root$file"
}
