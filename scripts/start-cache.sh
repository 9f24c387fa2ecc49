# Sourced by ./llava with $root, $state, $home and $class_path set: the AOT cache with which Java
# starts in a third of the time (ADR 27), made once for each build and JDK. Costs no process.

# What every start passes to Java. Java refuses a cache that was made with other options.
java_options=(
  --enable-native-access=ALL-UNNAMED
  -Dorg.bytedeco.javacpp.maxPhysicalBytes=0
  -Dstdout.encoding=UTF-8 -Dstderr.encoding=UTF-8
  -XX:+UseSerialGC
  -Dllava.checkout="$root"
)
# without the cache; Java then warns of the incubating module
plain_options=(--add-modules jdk.incubator.vector)
# with the cache: the module is loaded by llava4j.cli.VectorModule, for Java has no caches for
# incubating modules. What Java says about an unusable cache would go to standard output.
cache_options=(--add-exports java.base/jdk.internal.module=ALL-UNNAMED '-Xlog:aot*=off' '-Xlog:cds*=off')

# Sets start_cache_key to everything that a cache depends on.
start_cache_key() {
  local release=
  [ -r "$home/release" ] && release=$(<"$home/release")
  start_cache_key="$home"$'\n'"$release"$'\n'"${java_options[*]} ${cache_options[*]}"$'\n'"$class_path"
}

# is_start_cache FOLDER: whether the cache there is whole and belongs to this build and JDK. A file
# that was changed after its key was written is damaged.
is_start_cache() {
  local jar jars
  [ -r "$1/start.key" ] && [ "$(<"$1/start.key")" = "$start_cache_key" ] || return 1
  [ -r "$1/start.aot" ] || return 1
  # what failed is tried again after a day
  [ -s "$1/start.aot" ] || [ -z "$(find "$1/start.aot" -mmin +1440)" ] || return 1
  [ "$1/start.aot" -nt "$1/start.key" ] && return 1
  IFS=: read -r -a jars <<<"$class_path"
  for jar in "${jars[@]}"; do
    [ "$jar" -nt "$1/start.aot" ] && return 1
  done
  return 0
}

# start_cache_name PATH: sets start_cache_folder to a name that no other path has: what is no letter,
# digit, dot or hyphen becomes _code_.
start_cache_name() {
  local LC_ALL=C rest=$1 letter code
  start_cache_folder=
  while [ -n "$rest" ]; do
    letter=${rest:0:1} rest=${rest:1}
    case $letter in
      [A-Za-z0-9.-]) start_cache_folder+=$letter ;;
      *)
        printf -v code '%x' "'$letter"
        start_cache_folder+=_${code}_
        ;;
    esac
  done
}

# Sets start_cache to the cache's folder, or to nothing where there can be no cache. Makes it where
# that is needed.
find_start_cache() {
  local own again=
  start_cache=
  [ "${LLAVA_START_CACHE:-}" != off ] || return 0
  start_cache_key
  start_cache_name "$root"
  own=${XDG_CACHE_HOME:-${HOME:-}/.cache}/llava4j/start/$start_cache_folder
  [ ! -w "$state" ] || own=$state
  if is_start_cache "$state"; then
    start_cache=$state
  elif is_start_cache "$own"; then
    start_cache=$own
  elif [ -n "${HOME:-}${XDG_CACHE_HOME:-}" ] && mkdir -p "$own" 2>/dev/null && [ -w "$own" ]; then
    [ -e "$own/start.key" ] && again=" again, because llava, Java or the prepared file changed"
    echo "llava: preparing fast starts$again (some seconds, once for each build and JDK)" >&2
    make_start_cache "$own" && start_cache=$own
  fi
  # an empty file stands for a JDK that cannot make one
  [ -z "$start_cache" ] || [ -s "$start_cache/start.aot" ] || start_cache=
}

# Sets library_options for ask and chat: JavaCPP takes its libraries from the folders into which it
# has unpacked them, and searches for nothing. Not set if a file is gone.
find_libraries() {
  local file folders=
  library_options=()
  [ -r "$1" ] || return 0
  while IFS= read -r file; do
    [ -f "$file" ] || return 0
    case $folders: in
      *":${file%/*}:"*) ;;
      *) folders=$folders:${file%/*} ;;
    esac
  done <"$1"
  [ -z "$folders" ] || library_options=(-Djava.library.path="${folders#:}" -Dorg.bytedeco.javacpp.findLibraries=false)
}

# make_start_cache FOLDER: rehearses a question to the bundled model, and keeps what Java learns.
# The rehearsal uses no vector kernels: the cache cannot have classes of a module that is loaded late.
make_start_cache() {
  local new=$1/start.new.$$ java=(env -u JAVA_TOOL_OPTIONS -u JDK_JAVA_OPTIONS -u LLAVA_THREADS -u LLAVA_MODEL "$home/bin/java" "${java_options[@]}" "${cache_options[@]}" -cp "$class_path")
  trap 'rm -f "$new"*; exit 130' INT TERM
  # libraries with CUDA need others, which only JavaCPP's own search finds
  case $class_path in
    *-gpu.jar*) : >"$new.libraries" ;;
    *) "${java[@]}" llava4j.cli.Rehearsal >"$new.libraries" 2>"$new.log" </dev/null || : >"$new.libraries" ;;
  esac
  find_libraries "$new.libraries"
  if ! "${java[@]}" ${library_options[@]+"${library_options[@]}"} -Dllava.vector=off -XX:AOTCacheOutput="$new" \
    llava4j.cli.Main ask --stream -m "$root/models/llava-tiny" \
    "$root/examples/images/penguin.png" "What is in this image?" >>"$new.log" 2>&1 </dev/null ||
    [ ! -s "$new" ]; then
    : >"$new"
    cp "$new.log" "$1/start.log" 2>/dev/null || true
    echo "llava: fast starts could not be prepared; starts take longer, nothing else changes (Java's messages: $1/start.log)" >&2
  fi
  {
    mv "$new.libraries" "$1/start.libraries" && mv "$new" "$1/start.aot" &&
      printf '%s\n' "$start_cache_key" >"$1/start.key"
  } 2>/dev/null || true
  rm -f "$new"*
  trap - INT TERM
  is_start_cache "$1"
}
