#!/bin/sh
# Installs an archive of 'make dist', or removes what was installed. Needs tar, gzip and sha256sum (or
# shasum), and no Java.
#
#   install.sh [--prefix DIR] [--sha256 HEX] llava4j-VERSION-PLATFORM.tar.gz
#   install.sh [--prefix DIR] --uninstall
#
# The folder comes to DIR/lib/llava4j, and DIR/bin/llava is a link into it. DIR is ~/.local. The digest
# is the one given, or that of the file with the archive's name and .sha256 behind it.
set -eu

usage='usage: install.sh [--prefix DIR] [--sha256 HEX] ARCHIVE.tar.gz, or install.sh [--prefix DIR] --uninstall'
fail() {
  echo "install.sh: $1" >&2
  exit 2
}
value() { [ "$1" -ge 2 ] || fail "$2 needs a value; $usage"; }

prefix=${HOME:+$HOME/.local}
digest=
archive=
uninstall=
while [ $# -gt 0 ]; do
  case $1 in
    --prefix) value $# "$1"; prefix=$2; shift ;;
    --sha256) value $# "$1"; digest=$2; shift ;;
    --uninstall) uninstall=yes ;;
    -h | --help) echo "$usage"; exit 0 ;;
    -*) fail "there is no option $1; $usage" ;;
    *) [ -z "$archive" ] || fail "one archive at a time; $usage"; archive=$1 ;;
  esac
  shift
done
[ -n "$prefix" ] || fail "HOME is not set; name a folder with --prefix"
case $prefix in /*) ;; *) prefix=$PWD/$prefix ;; esac
library=$prefix/lib/llava4j
link=$prefix/bin/llava

# Whether the link is ours: it leads into our folder.
is_ours() {
  [ -L "$link" ] && case $(readlink "$link") in ../lib/llava4j/*) true ;; *) false ;; esac
}

if [ -n "$uninstall" ]; then
  [ -z "$archive$digest" ] || fail "--uninstall takes no archive and no digest; $usage"
  [ -d "$library" ] || is_ours || fail "nothing is installed in $prefix; name the folder with --prefix"
  if is_ours; then rm "$link"; fi
  rm -rf "$library"
  echo "install.sh: llava was removed from $prefix; models stay in the caches of their hubs"
  exit 0
fi

[ -n "$archive" ] || fail "an archive is missing; $usage"
[ -f "$archive" ] || fail "$archive is no file; make one with 'make dist'"
name=${archive##*/}
name=${name%.tar.gz}
case $(uname -sm) in
  "Linux x86_64") platform=linux-x86_64 ;;
  "Linux aarch64") platform=linux-arm64 ;;
  "Darwin arm64") platform=macosx-arm64 ;;
  *) platform=none ;;
esac
case $name in
  llava4j-*-"$platform") ;;
  *) fail "$name is not for this machine ($(uname -sm)); take llava4j-VERSION-$platform.tar.gz" ;;
esac
if [ -e "$link" ] || [ -L "$link" ]; then
  is_ours || fail "$link is there and was not made by this script; remove it or choose another --prefix"
fi

if [ -z "$digest" ]; then
  [ -f "$archive.sha256" ] || fail "$archive.sha256 is missing; fetch it too, or give the digest with --sha256"
  read -r digest _ <"$archive.sha256" || true
fi
found=$( (sha256sum "$archive" 2>/dev/null || shasum -a 256 "$archive") | cut -d' ' -f1)
[ "$found" = "$digest" ] ||
  fail "$archive is damaged or another file: its SHA-256 is $found and should be $digest; fetch it again"

new=$library/.new.$$
mkdir -p "$new" "$prefix/bin"
trap 'rm -rf "$new"' EXIT
trap 'exit 130' INT TERM
tar -xzf "$archive" -C "$new"
[ -x "$new/$name/bin/llava" ] || fail "$archive has no $name/bin/llava; make it with 'make dist'"
"$new/$name/bin/llava" --version >/dev/null || fail "llava does not start on this machine; nothing was changed"
rm -rf "${library:?}/$name"
mv "$new/$name" "$library/$name"
ln -sfn "../lib/llava4j/$name/bin/llava" "$link"
for other in "$library"/llava4j-*; do # those of before
  [ "$other" = "$library/$name" ] || rm -rf "$other"
done
echo "install.sh: $link is $name"
case :$PATH: in
  *":$prefix/bin:"*) ;;
  *) echo "install.sh: $prefix/bin is not on the PATH; add it in your shell's profile" ;;
esac
