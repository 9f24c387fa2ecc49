#!/usr/bin/env bash
# Tries what 'make dist' made where there is no Java: dist-test.sh JAVA_HOME
#
# The archive is unpacked, by the command of the Dockerfile, into a root folder that has a shell, readlink
# and the system libraries that are printed, and nothing else. There llava runs as nobody, without a
# home and without a folder to write to but /tmp: versions, a question about an image, quantised weights,
# doctor, a server. Then the one jar, and the installer. Needs the right to make a mount namespace.
set -euo pipefail
unset CDPATH
home=$1
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

fail() {
  echo "FAILED: $1" >&2
  shift
  for file; do tail -n 30 "$file" | sed 's/^/  /' >&2; done
  exit 1
}
say() { printf '%s (after %d s)\n' "$1" "$SECONDS"; }

archive=$(ls -t "$root"/target/dist/llava4j-*.tar.gz 2>/dev/null | head -n 1) || true
[ -n "$archive" ] || fail "there is no archive in target/dist; run 'make dist'"
name=$(basename "$archive" .tar.gz)
[ "$(uname)" = Linux ] || fail "a bare root folder can be made on Linux only"

# --- a bare root ---

bare=$work/root
mkdir -p "$bare"/{bin,dev,etc,home,opt,proc,tmp}
chmod 1777 "$bare/tmp"
unpack=$(sed -n 's/^RUN //p' "$root/packaging/docker/Dockerfile")
[[ $unpack == *tar* ]] || fail "the Dockerfile unpacks nothing"
(cd "$(dirname "$archive")" && bash -euc "${unpack//\/opt\/llava4j/$bare/opt/llava4j}") >"$work/log" 2>&1 ||
  fail "the Dockerfile's RUN" "$work/log"
dist=$bare/opt/llava4j
say "unpacked: $(du -sm "$dist" | cut -f1) MB, by the command of the Dockerfile"

# What the system must have: whatever our programs and libraries need and do not bring along. Java's
# windows and sounds are not used.
mapfile -t binaries < <(find "$dist/java/bin/java" "$dist/java/lib" "$dist/natives" -type f \( -name '*.so*' -o -name java \) \
  -not -name 'libawt_xawt.so' -not -name 'libsplashscreen.so' -not -name 'libjsound.so' -not -name 'libjawt.so')
for binary in "${binaries[@]}"; do
  LD_LIBRARY_PATH=$dist/java/lib:$dist/java/lib/server:$dist/natives ldd "$binary"
done | sort -u >"$work/needed"
# ONNX Runtime loads its own library before the one that asks for it by another name
grep 'not found' "$work/needed" | grep -v 'libonnxruntime.so.1 ' >"$work/missing" && fail "libraries are missing on this machine" "$work/missing"
awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\// { print $1 }' "$work/needed" | grep -v "^$bare" | sort -u >"$work/system"
newest() { objdump -T "${binaries[@]}" 2>/dev/null | grep -o "$1_[0-9.]*" | sort -uV | tail -n 1; }
echo "needs from the system: $(xargs -n 1 basename <"$work/system" | paste -sd' '); $(newest GLIBC), $(newest GLIBCXX)"

copy() { # to the place where it lies here
  mkdir -p "$bare$(dirname "$1")"
  cp -L "$1" "$bare$1"
}
while read -r library; do copy "$library"; done <"$work/system"
cp -L "$(command -v dash || command -v sh)" "$bare/bin/sh"
for program in readlink env; do cp -L "$(command -v "$program")" "$bare/bin/$program"; done
ldd "$bare"/bin/* | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/.*[^:]$/ { print $1 }' | sort -u | while read -r library; do
  copy "$library"
done
for device in null zero random urandom; do touch "$bare/dev/$device"; done

# inside COMMAND...: becomes the command, in the root folder, as nobody, with an empty environment
inside() {
  local namespace=(--mount) user=(--userspec=65534:65534)
  if [ "$(id -u)" -ne 0 ]; then
    namespace=(--mount --map-root-user)
    user=()
  fi
  # shellcheck disable=SC2016
  exec unshare "${namespace[@]}" sh -c '
    bare=$1; shift
    mount --rbind /proc "$bare/proc"
    for device in null zero random urandom; do mount --bind "/dev/$device" "$bare/dev/$device"; done
    mount --bind -o ro "$bare/opt" "$bare/opt" && mount -o remount,bind,ro "$bare/opt"
    exec chroot "$@"' sh "$bare" ${user[@]+"${user[@]}"} "$bare" /bin/env -i PATH=/bin ${LLAVA_JAVA_OPTS:+LLAVA_JAVA_OPTS="$LLAVA_JAVA_OPTS"} "$@"
}
(inside /bin/sh -c 'command -v java || command -v bash || command -v ls') >"$work/out" 2>"$work/err" &&
  fail "the root folder has more than it should" "$work/out"
# run WORD COMMAND...: the command must succeed inside and say the word
run() {
  local word=$1 started
  shift
  started=$(date +%s%N)
  (inside "$@") >"$work/out" 2>"$work/err" || fail "inside: $*" "$work/out" "$work/err"
  grep -qi -- "$word" "$work/out" || fail "inside: '$*' does not say '$word'" "$work/out" "$work/err"
  printf '  inside: %s: %s (%d ms)\n' "${*/#\/opt\/llava4j\/bin\//}" "$(head -n 1 "$work/out")" $((($(date +%s%N) - started) / 1000000))
}
llava=/opt/llava4j/bin/llava
image=/opt/llava4j/examples/images/penguin.png

run '^llava [0-9]' "$llava" --version
[ ! -s "$work/err" ] || fail "--version says something on standard error" "$work/err"
run penguin "$llava" ask "$image" "What is in this image?"
run penguin "$llava" ask --weights q8 -m /opt/llava4j/models/llava-tiny "$image" "What is in this image?"
# Java ends if it has to do without the cache
LLAVA_JAVA_OPTS=-XX:AOTMode=on run penguin "$llava" ask "$image" "What is in this image?"
run 'llava doctor' "$llava" doctor

# --- a server ---

(inside "$llava" serve --port 0) >"$work/served" 2>"$work/serve.log" &
server=$!
for _ in $(seq 300); do
  grep -q 'is served at' "$work/served" && break
  kill -0 "$server" 2>/dev/null || fail "the server ended" "$work/served" "$work/serve.log"
  sleep 0.2
done
address=$(sed -n 's,.* is served at ,,p' "$work/served")
[ -n "$address" ] || fail "the server did not start in a minute" "$work/serve.log"
{
  printf '{"max_tokens": 40, "messages": [{"role": "user", "content": [{"type": "text", "text": "What is in this image?"},'
  printf '{"type": "image_url", "image_url": {"url": "data:image/png;base64,%s"}}]}]}' "$(base64 -w 0 <"$dist/examples/images/penguin.png")"
} >"$work/request"
curl -sS --fail "$address/v1/chat/completions" -d @"$work/request" >"$work/out" || fail "a request" "$work/out" "$work/serve.log"
grep -qi penguin "$work/out" || fail "the answer names no penguin" "$work/out"
say "served: $(grep -o '"content": *"[^"]*"' "$work/out")"
# the health check of the image, with this server's port
check=$(sed -n 's/^HEALTHCHECK .* CMD \["bash", "-c", "\(.*\)"\]$/\1/p' "$root/packaging/docker/Dockerfile" | sed 's/\\\(["\\]\)/\1/g')
[ -n "$check" ] || fail "the Dockerfile has no health check"
bash -c "${check//8080/${address##*:}}" || fail "the Dockerfile's health check does not see a healthy server"
kill "$server"
code=0
wait "$server" || code=$?
bash -c "${check//8080/${address##*:}}" 2>/dev/null && fail "the Dockerfile's health check sees a server that has ended"
[ "$code" -eq 143 ] || fail "after SIGTERM the server ended with $code" "$work/serve.log"
server=
say "the server ended with 143 after SIGTERM, as the systemd unit expects"
[ -z "$(find "$bare" -path "$bare/proc" -prune -o -newer "$work/request" -type f -print)" ] || fail "files were written"

# --- systemd and Kubernetes, where their programs are ---

if command -v systemd-analyze >/dev/null; then
  sed "s,/opt/llava4j/bin/llava,$dist/bin/llava," "$root/packaging/systemd/llava.service" >"$work/llava.service"
  systemd-analyze verify "$work/llava.service" >"$work/out" 2>&1 && [ ! -s "$work/out" ] || fail "the systemd unit" "$work/out"
  say "the systemd unit: $(systemd-analyze security --offline=true "$work/llava.service" 2>/dev/null | tail -n 1 | tr -d '→')"
else
  echo "not run: systemd-analyze verify (no systemd here)"
fi
if command -v kubectl >/dev/null; then
  kubectl kustomize "$root/packaging/kubernetes" >"$work/out" 2>&1 || fail "the Kubernetes manifests" "$work/out"
  say "the Kubernetes manifests: $(grep '^kind:' "$work/out" | cut -d' ' -f2 | paste -sd' ')"
else
  echo "not run: kubectl kustomize (no kubectl here)"
fi
echo "not run: docker build (the commands of the Dockerfile ran above)"

# --- one jar ---

jar=$root/target/dist/$name.jar
mkdir "$work/jar-home"
env -u XDG_CACHE_HOME HOME="$work/jar-home" "$home/bin/java" -Duser.home="$work/jar-home" -jar "$jar" ask --weights q8 -m "$dist/models/llava-tiny" \
  "$dist$(echo "$image" | sed 's,^/opt/llava4j,,')" "What is in this image?" >"$work/out" 2>"$work/err" || fail "java -jar" "$work/out" "$work/err"
grep -qi penguin "$work/out" || fail "java -jar names no penguin" "$work/out" "$work/err"
[ ! -s "$work/err" ] || fail "java -jar says something on standard error" "$work/err"
# ONNX Runtime would keep a number for this machine there, for its makers
[ -z "$(find "$work/jar-home" -iname '*microsoft*')" ] || fail "ONNX Runtime identifies this machine"
say "java -jar: $(<"$work/out")"

# --- the installer ---

install() { "$root/scripts/install.sh" --prefix "$work/a prefix" "$@" >"$work/out" 2>&1; }
refused() { # WORD OPTION...
  local word=$1 code=0
  shift
  install "$@" || code=$?
  [ "$code" -eq 2 ] && [ "$(wc -l <"$work/out")" -eq 1 ] && grep -q -- "$word" "$work/out" || fail "install.sh $* must be refused in a sentence with '$word'" "$work/out"
}
refused "should be 00" --sha256 00 "$archive"
refused "no file" "$work/none.tar.gz"
refused "nothing is installed" --uninstall
refused "no option" --upgrade
cp "$archive" "$work/llava4j-1-other.tar.gz"
refused "not for this machine" "$work/llava4j-1-other.tar.gz"
rm "$work/llava4j-1-other.tar.gz"
mkdir -p "$work/a prefix/bin"
echo other >"$work/a prefix/bin/llava"
refused "was not made by this script" "$archive"
rm "$work/a prefix/bin/llava"
install "$archive" || fail "install.sh" "$work/out"
"$work/a prefix/bin/llava" ask "$dist/examples/images/penguin.png" "What is in this image?" >"$work/out" 2>"$work/err" || fail "what was installed" "$work/out" "$work/err"
grep -qi penguin "$work/out" || fail "what was installed names no penguin" "$work/out"
install "$archive" || fail "install.sh a second time" "$work/out"
install --uninstall || fail "install.sh --uninstall" "$work/out"
[ -z "$(find "$work/a prefix" -not -type d)" ] || fail "install.sh --uninstall leaves files"
say "installed, used, installed again, removed"
