#!/usr/bin/env bash
# Makes what is handed out for this machine's platform, in target/dist (ADR 32): dist.sh JAVA_HOME
#
#   llava4j-VERSION-PLATFORM/          a folder with its own Java, that runs where there is none
#   llava4j-VERSION-PLATFORM.tar.gz    the same, and its digest beside it in .sha256
#   llava4j-VERSION-PLATFORM.jar       one jar for those who have a Java 25: java -jar
#
# Java and the start cache are those of the machine that builds, so each platform is built on itself.
set -euo pipefail
unset CDPATH
home=$1
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fail() {
  echo "dist: $1" >&2
  exit 2
}
say() { printf 'dist: %s (after %d s)\n' "$1" "$SECONDS"; }
megabytes() { du -sk "$1" | awk '{ printf "%d MB", ($1 + 512) / 1024 }'; }

case $(uname -sm) in
  "Linux x86_64") platform=linux-x86_64 ;;
  "Linux aarch64") platform=linux-arm64 ;;
  "Darwin arm64") platform=macosx-arm64 ;;
  *) fail "there are no native libraries for $(uname -sm); build on Linux (x86-64, arm64) or macOS (arm64)" ;;
esac
[ -x "$home/bin/jlink" ] || fail "$home has no jlink; use a whole JDK 25"

"$root/llava" --version >/dev/null # builds where needed
class_path=$(<"$root/target/launcher/class-path")
case $class_path in
  *-gpu.jar*) fail "the build is one for CUDA, whose libraries are not handed out; run 'make clean' and build without it" ;;
esac
version=$(sed -n 's,^  <version>\(.*\)</version>$,\1,p' "$root/pom.xml")
name=llava4j-$version-$platform
dist=$root/target/dist
out=$dist/$name
rm -rf "${out:?}" "$out.tar.gz" "$out.tar.gz.sha256" "$out.jar"
mkdir -p "$out/bin"

# --- libraries ---

"$home/bin/java" "$root/scripts/dist/Libraries.java" folder "$class_path" "$platform" "$out"
"$home/bin/java" -DENGINE_CACHE_DIR="$out/natives/djl" -Dai.djl.offline=true -DRUST_FLAVOR=cpu \
  --enable-native-access=ALL-UNNAMED -cp "$class_path" "$root/scripts/dist/DjlNatives.java"
chmod -R a+rX "$out/natives/djl" # made for its owner alone
# JavaCPP knows the one library by two names
for file in "$out"/natives/libopenblas.*; do
  ln -s "${file##*/}" "${file/libopenblas/libopenblas_nolapack}"
done
say "libraries: $(megabytes "$out/lib") of jars, $(megabytes "$out/natives") of native code"

# --- Java ---

# what is asked for at run time only: the Vector API, TLS, files in jars, the names of other charsets
modules=jdk.incubator.vector,java.net.http,jdk.crypto.ec,jdk.zipfs,jdk.charsets,jdk.unsupported,jdk.management
modules=$modules,$("$home/bin/jdeps" --multi-release 25 --ignore-missing-deps --print-module-deps \
  -R -cp "$(printf '%s:' "$out"/lib/*.jar)" "$out/lib/llava.jar")
"$home/bin/jlink" --add-modules "$modules" --output "$out/java" \
  --strip-debug --no-header-files --no-man-pages --compress zip-6 --generate-cds-archive \
  >"$dist/jlink.log" 2>&1 || fail "jlink failed: $(cat "$dist/jlink.log")"
rm "$dist/jlink.log"
say "Java: $(megabytes "$out/java") with the modules $("$out/java/bin/java" --list-modules | cut -d@ -f1 | paste -sd' ')"

# --- the rest ---

cp "$root/packaging/dist/llava" "$out/bin/llava"
cp "$root/scripts/gpu.sh" "$out/lib/gpu.sh"
mkdir -p "$out/models" "$out/examples/images"
cp -R "$root/models/llava-tiny" "$out/models/"
cp "$root/examples/images/penguin.png" "$out/examples/images/"
cp -R "$root/packaging" "$out/packaging"
rm -r "$out/packaging/dist"
cp "$root/LICENSE" "$root/THIRD-PARTY-NOTICES.md" "$root/docs/deploy.md" "$out/"

# the options of ./llava, in one place; the rest is in bin/llava, because it names folders
state=
class_path=
# shellcheck source=start-cache.sh
. "$root/scripts/start-cache.sh"
{
  for option in "${java_options[@]}"; do
    case $option in -Dllava.checkout=*) ;; *) printf '%s\n' "$option" ;; esac
  done
  printf '%s\n' "${cache_options[@]}" -Dorg.bytedeco.javacpp.findLibraries=false
} >"$out/lib/java.options"

# --- fast starts: ADR 27 ---

# The vector kernels are left out of the rehearsal: the cache cannot have classes of a module that is
# loaded late.
if LLAVA_START_CACHE=off LLAVA_JAVA_OPTS="-Dllava.vector=off -XX:AOTCacheOutput=$dist/start.aot" \
  env -u JAVA_TOOL_OPTIONS -u JDK_JAVA_OPTIONS -u LLAVA_THREADS -u LLAVA_MODEL \
  "$out/bin/llava" ask --stream -m "$out/models/llava-tiny" "$out/examples/images/penguin.png" \
  "What is in this image?" >"$dist/start.log" 2>&1 </dev/null && [ -s "$dist/start.aot" ]; then
  mv "$dist/start.aot" "$out/lib/start.aot"
  rm -f "$dist/start.log"
  say "start cache: $(megabytes "$out/lib/start.aot")"
else
  cat "$dist/start.log" >&2
  fail "the rehearsal of a start failed"
fi

# --- handed out ---

say "folder: $(megabytes "$out")"
# the cache knows the times of the jars, so they must survive
tar -C "$dist" --owner=0 --group=0 --numeric-owner -cf - "$name" | gzip -6 >"$out.tar.gz"
(cd "$dist" && { sha256sum "$name.tar.gz" 2>/dev/null || shasum -a 256 "$name.tar.gz"; }) >"$out.tar.gz.sha256"
say "archive: $(megabytes "$out.tar.gz"), $out.tar.gz"
"$home/bin/java" "$root/scripts/dist/Libraries.java" jar "$(<"$root/target/launcher/class-path")" "$platform" "$out.jar"
say "one jar: $(megabytes "$out.jar"), $out.jar"
