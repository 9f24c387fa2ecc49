#!/usr/bin/env bash
# Runs every command of the documents and of the commands' own help, on miniatures: readme-test.sh [PART...]
#
# Commands are taken from the code blocks of all Markdown files and from the examples below --help.
# They are run as they stand, in a folder where miniatures lie under the names that the documents
# use (readme-test/Miniatures.java); only sizes are added, by a script that stands for ./llava there.
# What cannot run here stands in not_here, with the reason. A command that is in neither, fails or
# prints nothing makes this script fail; so does an option that the documents name and no --help
# knows. With arguments, only commands that contain one of them are run.
set -euo pipefail
unset CDPATH
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
work=$(mktemp -d)
trap 'kill $hub $(cat "$work/server" 2>/dev/null) 2>/dev/null || true; rm -rf "$work"' EXIT
hub=

# reason for each command that no machine can run without the network, other programs or hours
not_here() {
  case $1 in
    "git clone "*) echo "a checkout is where this script runs" ;;
    "make dist"*) echo "takes minutes; make dist-test is a check of its own" ;;
    "make "*) [[ " $targets " == *" ${1#make } "* ]] && echo "a target of the Makefile; continuous integration runs them" ;;
    *"data build tiny --cache "*) echo "needs the package registries" ;;
    *"experiment "*" --data "*) echo "takes minutes to days; the same experiment at smoke scale runs" ;;
    *"--against llama.cpp"*) echo "needs a package registry" ;;
    ffmpeg\ *) echo "needs a video" ;;
    *" --videos "*) echo "needs videos and the package registries" ;;
    *HF_ENDPOINT=https://*) echo "names a hub that does not exist" ;;
    *) return 1 ;;
  esac
}
# sizes of a training run, added to what a command names
small="maxSteps=2 globalBatch=4 deviceBatch=2 maxLength=512"
# options of Java that the documents name, beside ours
javas="--add-modules --enable-native-access"

# say SENTENCE FILE...: what failed, and the ends of files
say() {
  echo "FAILED: $1" >&2
  shift
  for file; do tail -n 30 "$file" | sed 's/^/  /' >&2; done
}
fail() {
  say "$@"
  exit 1
}

targets=$(sed -n 's/^\([a-z-]*\):.*/\1/p' "$root/Makefile" | paste -sd' ')
home=$("$root/scripts/find-java.sh")
"$root/llava" --version >/dev/null # builds where needed
class_path=$(<"$root/target/launcher/class-path")
java=("$home/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED
  -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 -cp "$class_path")

# --- what the documents and the help pages say ---

# From standard input: the lines of code blocks, continued ones joined. A block in which arrows stand
# is a drawing, one in Java is a program; text, JSON and XML are to be read.
commands_of_blocks() {
  awk '
    function finish(   i) {
      if (!drawing) for (i = 1; i <= count; i++) print lines[i]
      count = drawing = 0
    }
    /^```/ { finish(); fence = fence == "" ? substr($0, 4) "." : ""; next }
    fence == "" && !/^    / && !more { finish(); next }
    fence ~ /^(java|text|json|xml)/ || /^ *$/ { next }
    / <- |-->/ { drawing = 1 }
    { sub(/^ +/, ""); line = more ? line " " $0 : $0; more = sub(/ *\\$/, "", line) }
    !more { lines[++count] = line }
    END { finish() }'
}
# The same of a help page; words behind three blanks explain.
commands_of_help() {
  awk '
    /^Examples?:/ { on = 1; sub(/^Examples?: */, "  "); if ($0 ~ /^ *$/) next }
    on && /^$/ { on = 0 }
    !on { next }
    { sub(/^ +/, ""); sub(/   +[^ ].*$/, ""); line = more ? line " " $0 : $0; more = sub(/ *\\$/, "", line) }
    !more { print line }'
}
# All commands and their sub-commands, with a help page each.
help_pages() {
  local page=$work/help/llava${1:+_${1// /_}} sub
  # shellcheck disable=SC2086
  "$root/llava" ${1:-} --help >"$page"
  for sub in $(awk '/^(Commands|Mixtures):/ { on = 1; next } /^[^ ]/ { on = 0 } on && /^  [a-z]/ { print $1 }' "$page"); do
    help_pages "${1:+$1 }$sub"
  done
}
mkdir "$work/help"
help_pages
known=$(grep -ohE -- '--[a-z][a-z-]*' "$work"/help/* | sort -u)

documents=()
while IFS= read -r file; do
  documents+=("$file")
done < <(cd "$root" && find . -name '*.md' -not -path '*/target/*' -not -path '*/src/*' -not -path './.git/*' | sort)

# --- options that no command knows ---

# require_options WHERE TEXT PAGE...: each option in the text stands on one of the pages
require_options() {
  local where=$1 text=$2 option
  shift 2
  for option in $(grep -oE -- '(^|[ `(])--[a-z][a-z-]*' <<<"$text" | tr -d ' `('); do
    grep -qE -- "(^|[^a-z-])$option([^a-z-]|\$)" "$@" ||
      fail "$where names $option, which no command's --help knows: $text"
  done
}
# the help page of the command in a line
page_of() {
  local words page=llava word
  read -r -a words <<<"${1#*llava }"
  for word in "${words[@]}"; do
    [ -f "$work/help/${page}_$word" ] || break
    page=${page}_$word
  done
  echo "$work/help/$page"
}
for file in "${documents[@]}"; do
  while IFS= read -r words; do
    words=${words//\`/}
    case $words in
      ./llava\ * | llava\ *) require_options "$file" "$words" "$(page_of "$words")" ;;
      make\ *) [[ " $targets " == *" $(cut -d' ' -f2 <<<"$words") "* ]] || fail "$file names '$words', which the Makefile does not have" ;;
      --*)
        for option in $javas; do words=${words//$option/}; done
        require_options "$file" "$words" "$work"/help/*
        ;;
    esac
  done < <(awk '/^```/ { fence = !fence } !fence && !/^    /' "$root/$file" | tr '\n' ' ' | grep -oE '`[^`]+`' || true)
done

# --- miniatures, and the hub ---

"${java[@]}" "$root/scripts/readme-test/Miniatures.java" "$root" "$work/base" >"$work/hub.log" 2>&1 &
hub=$!
until [ -f "$work/base/hub.address" ]; do
  kill -0 "$hub" 2>/dev/null || fail "the miniatures cannot be made" "$work/hub.log"
  sleep 0.2
done
mkdir "$work/bin" "$work/home"
: >"$work/ran"
cat >"$work/bin/llava" <<END
#!/usr/bin/env bash
# stands for ./llava: the same, with this script's hub and small sizes
export HOME="$work/home" HF_HOME="$work/hub-cache" HF_ENDPOINT=$(<"$work/base/hub.address")
case \${1:-} in
  train)
    [[ " \$* " == *" --on "* ]] && exec "$root/llava" "\$@" # a plan of the whole run
    for setting in $small; do # in place of a value on the command line, which may be there once
      for word; do
        shift
        [[ \$word == "\${setting%%=*}="* ]] || set -- "\$@" "\$word"
      done
      set -- "\$@" "\$setting"
    done
    ;;
  eval) [[ " \$* " == *" --max-tokens "* ]] || set -- "\$@" --max-tokens 8 ;;
  init) [[ " \$* " == *" --vocab "* ]] || set -- "\$@" --vocab 400 ;;
  serve)
    [[ " \$* " == *" --plan "* ]] && exec "$root/llava" "\$@"
    # goes on beside the commands that follow, on a free port
    "$root/llava" "\$@" --port 0 >"$work/served" 2>"$work/served.log" &
    echo \$! >>"$work/server"
    until grep -q "is served at" "$work/served"; do kill -0 \$! || exit 1; sleep 0.2; done
    exec cat "$work/served"
    ;;
esac
exec "$root/llava" "\$@"
END
cat >"$work/bin/curl" <<END
#!/usr/bin/env bash
# stands for the network; the server that the commands have started is asked itself
[[ "\$*" == *127.0.0.1:8080* ]] || exec cat cat.jpg
exec "$(command -v curl)" --fail "\${@/127.0.0.1:8080/\$(sed -n 's,.* http://,,p' "$work/served")}"
END
chmod +x "$work/bin/llava" "$work/bin/curl"
export PATH=$work/bin:$PATH

# --- the commands, one after another ---

count=0
left=0
failures=0
# What a command must leave behind: what it names with --out, unless it only rehearses.
left_behind() {
  local words i
  [[ $1 == *" --dry-run"* ]] && return 0
  read -r -a words <<<"$1"
  for ((i = 0; i + 1 < ${#words[@]}; i++)); do
    [ "${words[i]}" = --out ] && echo "${words[i + 1]}"
  done
  return 0
}
# wrong SENTENCE FILE...: notes a failure and goes on with the next command
wrong() {
  say "$@"
  failures=$((failures + 1))
}
# attempt WHERE COMMAND: in the current folder
attempt() {
  local where=$1 command=$2 reason file key started=$SECONDS part
  if [ "${#only[@]}" -gt 0 ]; then
    for part in "${only[@]}"; do [[ $command == *"$part"* ]] && break || part=; done
    [ -n "$part" ] || return 0
  fi
  [[ $command == *llava\ * ]] && require_options "$where" "$command" "$(page_of "$command")"
  if reason=$(not_here "$command"); then
    printf 'not here: %s (%s)\n' "$command" "$reason"
    left=$((left + 1))
    return 0
  fi
  key=${command#./}
  key=${key//path\/to\//} # the models are the same
  if grep -Fxq -- "$key" "$work/ran"; then
    printf 'as before: %s\n' "$command"
    return 0
  fi
  echo "$key" >>"$work/ran"
  count=$((count + 1))
  # shards that other machines would have answered
  if [[ $command =~ ^(.*)\ --merge\ ([0-9]+)$ ]]; then
    for ((part = 0; part < BASH_REMATCH[2]; part++)); do
      bash -c "${BASH_REMATCH[1]} --shard $part/${BASH_REMATCH[2]}" >"$work/out" 2>"$work/err" </dev/null || break
    done
  fi
  # a chat reads these; a command that reads nothing does not mind
  if ! bash -euo pipefail -c "$command" >"$work/out" 2>"$work/err" <<<$'What is this?\n/exit'; then
    wrong "$where: $command" "$work/out" "$work/err"
  elif grep -qE '^[[:space:]]+at (llava4j|java)\.|Exception' "$work/err"; then
    wrong "$where, a trace: $command" "$work/err"
  elif [[ $command != *">>"* && $command != source* ]] && ! grep -q '[^ ]' "$work/out" "$work/err"; then
    wrong "$where, no word: $command"
  elif [[ $command == *llava\ ask\ * ]] && ! grep -q '[^ ]' "$work/out"; then
    wrong "$where, no answer: $command" "$work/err"
  else
    for file in $(left_behind "$command"); do
      { [ -s "$file" ] && [ -n "$(ls "$file")" ]; } ||
        wrong "$where, nothing in $file: $command" "$work/out" "$work/err"
    done
  fi
  printf '%4d s  %s\n' $((SECONDS - started)) "$command"
}
# enter NAME: a fresh folder of miniatures
enter() {
  mkdir -p "$work/$1"
  cp -r "$work/base/." "$work/$1"
  ln -s "$work/bin/llava" "$work/$1/llava"
  cd "$work/$1"
}
only=("$@")

for file in "${documents[@]}"; do
  mapfile -t commands < <(commands_of_blocks <"$root/$file")
  [ "${#commands[@]}" -eq 0 ] && continue
  echo "$file"
  enter "${file#./}"
  for command in "${commands[@]}"; do
    attempt "$file" "$command" </dev/null
  done
done

echo "examples of --help"
enter help-examples
# what training makes, others read
for page in "$work/help/llava_train" $(ls "$work"/help/* | grep -v llava_train$); do
  mapfile -t commands < <(commands_of_help <"$page")
  for command in ${commands[@]+"${commands[@]}"}; do
    case $command in
      *llava\ *) attempt "$(basename "$page" | tr _ ' ') --help" "$command" </dev/null ;;
      *) fail "$(basename "$page"): '$command' is no command" ;;
    esac
  done
done

# --- programs in Java ---

# The frameworks' libraries, Spark and the examples are no part of the launcher.
examples=()
spark=()
build_examples() {
  # shellcheck source=build-all.sh
  (cd "$root" && . scripts/build-all.sh && JAVA_HOME=$home build_all examples-build.log -pl examples,llava4j-spark -am)
  read -r -a spark < <(sed -n 's,.*<spark.flags>\(.*\)</spark.flags>.*,\1,p' "$root/llava4j-spark/pom.xml")
  spark=("${java[@]::${#java[@]}-2}" "${spark[@]}" -cp
    "$root/llava4j-spark/target/classes:$(<"$root/llava4j-spark/target/whole-class-path")")
  examples=("${java[@]}")
  examples[-1]=$root/examples/target/classes:$(<"$root/examples/target/runtime-class-path")
}
# From standard input: the NUMBER-th block in Java, as a program.
program() {
  awk -v number="$1" '
    /^```/ { inside = /^```java/; blocks += inside; next }
    !inside || blocks != number { next }
    /^import / { print; next }
    { body = body $0 "\n" }
    END { printf "import llava4j.*;\nvoid main() throws Exception {\n%s}\n", body }'
}
if [ "${#only[@]}" -eq 0 ]; then
  build_examples
  enter java
  for file in "${documents[@]}"; do
    blocks=$(grep -c '^```java' "$root/$file" || true)
    for ((block = 1; block <= blocks; block++)); do
      echo "$file, program $block"
      program "$block" <"$root/$file" >Snippet.java
      run=("${java[@]}")
      if grep -q '^import org\.apache\.spark\.' Snippet.java; then run=("${spark[@]}"); fi
      if grep -qE '^import (dev\.langchain4j|org\.springframework)\.' Snippet.java; then run=("${examples[@]}"); fi
      "${run[@]}" Snippet.java >"$work/out" 2>"$work/err" || wrong "$file, program $block" "$work/err"
      grep -q '[^ ]' "$work/out" || wrong "$file, program $block, answers nothing" "$work/err"
      count=$((count + 1))
    done
  done
fi

# --- examples ---

# example WORD CLASS ARGUMENTS...: the program prints the word
example() {
  local word=$1 name=$2
  shift 2
  echo "example $name"
  "${examples[@]}" "llava4j.examples.$name" "$@" >"$work/out" 2>"$work/err" </dev/null ||
    wrong "example $name" "$work/err"
  grep -qi "$word" "$work/out" || wrong "example $name does not say '$word'" "$work/out" "$work/err"
  count=$((count + 1))
}
if [ "${#only[@]}" -eq 0 ]; then
  tiny=$root/models/llava-tiny
  images=$root/examples/images
  for name in AskAImage LangChain4jImage SpringAiImage; do
    example penguin "$name" "$tiny" "$images/penguin.png" "What is in this image?"
  done
  example penguin StreamingChat "$tiny" "$images/penguin.png"
  example pizza ShortAnswers "$tiny" "What is in this image?" "$images/penguin.png" "$images/pizza.png"
  [ "$(find "$root/examples/src" -name '*.java' -not -name package-info.java | wc -l)" -eq 5 ] ||
    wrong "there is an example that is not run here"
fi

[ "$count" -gt 0 ] || fail "no command was run"
[ "$failures" -eq 0 ] || fail "$failures of $count commands"
echo "documents: $count commands run, $left named as not runnable here, $SECONDS s"
