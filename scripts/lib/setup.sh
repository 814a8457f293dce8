# programs: installs, as root on Debian, the packages of those programs of its standard input (lines "PROGRAM PACKAGE")
# that are missing; else names what is missing and fails.
programs() {
  local program package missing=() log
  while read -r program package; do
    command -v "$program" > /dev/null || missing+=("$package")
  done
  [ ${#missing[@]} != 0 ] || return 0
  if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "installing ${missing[*]}"
    log=$(mktemp)
    if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"; } \
      > "$log" 2>&1; then
      rm -f "$log"
      return
    fi
    tail -5 "$log"
    rm -f "$log"
  fi
  echo "not installed: ${missing[*]}; on Debian: apt-get install ${missing[*]}"
  return 1
}

# Makes the programs that the tests run available.
setup() {
  # Where Debian keeps some of them, and users do not look.
  PATH=$PATH:/usr/sbin:/sbin
  programs <<'PROGRAMS' || echo "tests that need them are skipped"
wireguard-go wireguard-go
wg wireguard-tools
ip iproute2
ping iputils-ping
socat socat
iperf3 iperf3
nft nftables
openssl openssl
curl curl
jq jq
musl-gcc musl-tools
podman podman
runc runc
busybox busybox-static
caddy caddy
pip3 python3-pip
PROGRAMS
}
