# Sourced by ./llava and scripts/build.sh with $root set: is there a build, and is it newer than its
# sources? Costs one run of find.

state=$root/target/launcher

# Sets class_path; fails unless everything on it exists.
load_class_path() {
  local jar jars
  [ -f "$state/class-path" ] || return 1
  class_path=$(<"$state/class-path")
  IFS=: read -r -a jars <<<"$class_path"
  [ "${#jars[@]}" -gt 0 ] || return 1
  for jar in "${jars[@]}"; do
    [ -f "$jar" ] || return 1
  done
}

# Folders are compared too, because a file that goes away changes only its folder.
build_is_current() {
  local changed
  [ -f "$state/stamp" ] || return 1
  changed=$(find "$root"/pom.xml "$root"/llava4j-{constraint,core,data,train,tiny,eval,experiment,server,cli}/pom.xml "$root"/llava4j-{constraint,core,data,train,tiny,eval,experiment,server,cli}/src/main \
    -newer "$state/stamp" -print -quit) || return 1
  [ -z "$changed" ] && load_class_path
}
