#!/usr/bin/env bash
# Trains on two hosts that are network namespaces of this machine, on a cable with latency and loss:
# hosts-test.sh JAVA_HOME [MILLISECONDS [LOSS]]. A process is killed, the cable is cut, a host is started with other
# settings; the run goes on with one and with two processes. Needs Linux, root and Python 3.
set -euo pipefail
unset CDPATH
export LLAVA_JAVA_HOME=$1
delay=${2:-20}
loss=${3:-0.01}
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
images=$root/llava4j-core/src/test/resources/golden/images
steps=12
limit=60

refuse() {
  echo "hosts-test: $1" >&2
  exit 2
}
[ "$(uname)" = Linux ] || refuse "network namespaces need Linux; run it there."
[ "$(id -u)" = 0 ] || refuse "making network namespaces and devices needs root; run it with sudo, or as root in a virtual machine."
for tool in ip python3; do
  command -v "$tool" >/dev/null || refuse "$tool is missing; install it (packages iproute2, python3)."
done
[ -c /dev/net/tun ] || refuse "/dev/net/tun is missing; load the kernel's module tun, or give it to the container (--device /dev/net/tun)."

a=llava-a-$$
b=llava-b-$$
ip netns add "$a" 2>/dev/null || refuse "this container may not make network namespaces; give it CAP_SYS_ADMIN and CAP_NET_ADMIN (docker run --privileged)."
work=$(mktemp -d)
cable=
ranks=()
cleanup() {
  for process in "${ranks[@]:-}" $cable; do
    [ -n "$process" ] && kill -9 "$process" 2>/dev/null && wait "$process" 2>/dev/null
  done
  ip netns del "$a" 2>/dev/null
  ip netns del "$b" 2>/dev/null
  rm -rf "$work"
}
trap 'code=$?; set +e; cleanup; exit $code' EXIT
ip netns add "$b"

fail() {
  echo "FAILED: $1" >&2
  tail -n 20 "$work"/*.log >&2
  exit 1
}

# A new cable between the hosts: MILLISECONDS LOSS
plug() {
  if [ -n "$cable" ]; then
    kill -9 "$cable"
    wait "$cable" 2>/dev/null || true
  fi
  : >"$work/cable"
  python3 "$root/scripts/hosts-test/relay.py" "$1" "$2" llava0 llava1 >"$work/cable" &
  cable=$!
  until grep -q ready "$work/cable"; do
    kill -0 "$cable" 2>/dev/null || fail "the relay has ended"
    sleep 0.1
  done
  ip link set llava0 netns "$a"
  ip link set llava1 netns "$b"
  ip -n "$a" address add 10.77.0.1 peer 10.77.0.2 dev llava0
  ip -n "$b" address add 10.77.0.2 peer 10.77.0.1 dev llava1
  ip -n "$a" link set llava0 up
  ip -n "$b" link set llava1 up
}

# The words of a run: OUT
training() {
  echo train tinyPretrain --base "$root/models/llava-tiny" --data "$work/data.jsonl" --images "$images" --device cpu --threads 1 \
    --out "$work/$1" globalBatch=4 deviceBatch=2 maxSteps=$steps saveEvery=1 keepLast=100 zero=GRADIENTS
}

# Starts a process as torchrun would: RANK HOST OUT [KEY=VALUE]; the process is ranks[RANK]
start() {
  # shellcheck disable=SC2046
  RANK=$1 WORLD_SIZE=2 LOCAL_RANK=0 MASTER_ADDR=10.77.0.1 MASTER_PORT=29500 \
    ip netns exec "$2" "$root/llava" $(training "$3") "${@:4}" >"$work/$3-$1.log" 2>&1 </dev/null &
  ranks[$1]=$!
}

both() {
  start 0 "$a" "$1"
  start 1 "$b" "$1" "${@:2}"
}

# Waits for the end of a process: RANK OUT CODE
ends() {
  local code=0
  wait "${ranks[$1]}" || code=$?
  [ "$code" = "$3" ] || fail "process $1 of $2 ended with code $code instead of $3"
}

# Waits until both have ended as they should: OUT
finish() {
  ends 0 "$1" 0
  ends 1 "$1" 0
}

until_step() {
  until [ -d "$work/$1/checkpoints/step-0000000$2" ]; do
    kill -0 "${ranks[0]}" 2>/dev/null || fail "$1 ended before step $2"
    sleep 0.05
  done
}

says() {
  grep -q "$2" "$work/$1.log" || fail "$1 does not say: $2"
  printf '  %s: %s\n' "$1" "$(grep -o "$2.*" "$work/$1.log" | head -n 1)"
}

median() {
  sed -n 's/.*"step":\([0-9]*\),.*"seconds":\([0-9.]*\),.*/\1 \2/p' "$work/$1/train.jsonl" | awk '$1 > 2 { print $2 }' | sort -n |
    awk '{ all[NR] = $1 } END { printf "%.2f", all[int((NR + 1) / 2)] }'
}

sent() { ip netns exec "$a" awk '/llava0/ { print $10 }' /proc/net/dev; }

last() { printf '%s/%s/checkpoints/step-%08d' "$work" "$1" "$steps"; }

# The weights of a run are those of the uninterrupted one: OUT
compare() {
  python3 "$root/scripts/hosts-test/compare.py" "$work/whole/checkpoints/step-00000000" "$(last "$1")" "$(last whole)" \
    "$(awk "BEGIN { print 0.2 * 0.001 * $steps }")" || fail "$1 has other weights than the uninterrupted run"
}

# The weights of a run of two processes are the same bits: OUT
same_bits() {
  local file
  for file in "$(last whole)"/process-*.safetensors; do
    cmp "$file" "$(last "$1")/$(basename "$file")" || fail "$1 has other bits than the uninterrupted run"
  done
  echo "  the same bits as the uninterrupted run"
}

"$root/llava" --version >/dev/null # builds where needed
for host in "$a" "$b"; do
  ip -n "$host" link set lo up
done
for i in $(seq 0 47); do
  printf '{"id":"%d","image":"photo_444.jpg","conversations":[{"from":"human","value":"<image>"},{"from":"gpt","value":"photo %d"}]}\n' "$i" "$i"
done >"$work/data.jsonl"

echo "two hosts, no latency"
plug 0 0
before=$(sent)
both whole
finish whole
fast=$(median whole)
bytes=$((($(sent) - before) / steps))

echo "two hosts, $delay ms each way, $loss of the packets lost"
plug "$delay" "$loss"
both slow
finish slow
same_bits slow
echo "  a step takes $(median slow) s, without latency $fast s; process 0 sends $bytes bytes a step"

echo "process 1 is killed after step 4"
both killed
until_step killed 4
kill -9 "${ranks[1]}"
wait "${ranks[1]}" 2>/dev/null || true
began=$SECONDS
ends 0 killed 75
took=$((SECONDS - began))
[ "$took" -le "$limit" ] || fail "process 0 took $took s to end"
says killed-0 "process 1 has stopped"
echo "  process 0 ended after $took s"
cp -r "$work/killed" "$work/alone"

echo "resumed with two processes"
both killed
finish killed
says killed-0 "resuming from"
same_bits killed

echo "resumed with one process"
# shellcheck disable=SC2046
"$root/llava" $(training alone) >"$work/alone-0.log" 2>&1 || fail "the run with one process ended with code $?"
says alone-0 "resuming from"
compare alone

echo "the cable is cut after step 2"
both cut
until_step cut 2
kill -STOP "$cable"
began=$SECONDS
ends 0 cut 75
ends 1 cut 75
took=$((SECONDS - began))
[ "$took" -le "$limit" ] || fail "the processes took $took s to end"
says cut-0 "process 1 has"
says cut-1 "process 0 has"
echo "  both ended after $took s"

echo "host b is started with another seed"
plug "$delay" "$loss"
both other seed=7
ends 0 other 2
ends 1 other 2
says other-0 "process 1 differs from process 0"
says other-1 "process 1 differs from process 0"
echo "all as it should be"
