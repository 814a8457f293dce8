# Makes the programs that the tests run available: installs their Debian packages as root, else names what is missing.
setup() {
  local program package missing=()
  while read -r program package; do
    command -v "$program" > /dev/null || missing+=("$package")
  done <<'PROGRAMS'
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
PROGRAMS
  [ ${#missing[@]} = 0 ] && return
  if [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    echo "installing ${missing[*]}"
    if { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${missing[@]}"; } \
      > dist/test/apt.log 2>&1; then
      return
    fi
    tail -5 dist/test/apt.log
  fi
  echo "not installed, tests that need them are skipped: ${missing[*]}"
}
