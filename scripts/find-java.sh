#!/usr/bin/env bash
# Prints the home of a JDK 25 or newer; says in one sentence what to install when there is none.
# LLAVA_JAVA_HOME, when set, is taken or refused, never replaced by another.
set -u
wanted=25
major() {
  local line
  [ -r "$1/release" ] || return
  while IFS= read -r line; do
    if [[ $line =~ ^JAVA_VERSION=\"([0-9]+) ]]; then
      echo "${BASH_REMATCH[1]}"
      return
    fi
  done <"$1/release"
}
recent() {
  local version
  [ -x "$1/bin/$2" ] || return 1
  version=$(major "$1")
  [ "${version:-0}" -ge "$wanted" ]
}

if [ -n "${LLAVA_JAVA_HOME:-}" ]; then
  if recent "$LLAVA_JAVA_HOME" java; then
    echo "$LLAVA_JAVA_HOME"
    exit 0
  fi
  echo "llava: LLAVA_JAVA_HOME=$LLAVA_JAVA_HOME is not a Java $wanted or newer (its bin/java and its file 'release' are looked at); unset it or correct it." >&2
  exit 2
fi

# each folder is looked at only when those before it did not do; most machines stop at the first
if [ -n "${JAVA_HOME:-}" ] && recent "$JAVA_HOME" javac; then
  echo "$JAVA_HOME"
  exit 0
fi
onPath=$(command -v javac || true)
if [ -n "$onPath" ]; then
  home=$(dirname "$(dirname "$(readlink -f "$onPath")")")
  if recent "$home" javac; then
    echo "$home"
    exit 0
  fi
fi
for home in /usr/lib/jvm/* /opt/java/* /opt/jdk* "$HOME"/.sdkman/candidates/java/* "$HOME"/.jdks/* \
  /Library/Java/JavaVirtualMachines/*/Contents/Home /opt/homebrew/opt/openjdk*/libexec/openjdk.jdk/Contents/Home; do
  if recent "$home" javac; then
    echo "$home"
    exit 0
  fi
done
echo "llava: no JDK $wanted or newer was found: install one (for example package temurin-$wanted-jdk, or 'sdk install java $wanted-tem') or set JAVA_HOME or LLAVA_JAVA_HOME to it." >&2
exit 2
