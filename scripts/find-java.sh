#!/usr/bin/env bash
# Prints the home of an installed JDK 25 or newer; says what to install and fails when there is none.
set -u
wanted=25
major() { sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null; }
candidates=()
[ -n "${JAVA_HOME:-}" ] && candidates+=("$JAVA_HOME")
onPath=$(command -v javac || true)
[ -n "$onPath" ] && candidates+=("$(dirname "$(dirname "$(readlink -f "$onPath")")")")
for folder in /usr/lib/jvm/* /opt/java/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* \
    /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
  candidates+=("$folder")
done
for home in "${candidates[@]}"; do
  version=$(major "$home")
  if [ -x "$home/bin/javac" ] && [ "${version:-0}" -ge "$wanted" ] 2>/dev/null; then
    echo "$home"
    exit 0
  fi
done
echo "llava4j needs a JDK $wanted or newer and found none: install one (for example package temurin-25-jdk, or 'sdk install java 25-tem') or set JAVA_HOME to it." >&2
exit 1
