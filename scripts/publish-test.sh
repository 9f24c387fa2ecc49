#!/usr/bin/env bash
# Publishes into a folder and uses what lies there as a stranger would, from an empty local repository.
#
# The stranger's project depends on llava4j-core alone and asks the bundled model about an image.
# Libraries come from the local repository of this machine, as from a remote one; what is not there
# is downloaded and counted.
set -euo pipefail
unset CDPATH
root=$(cd -P "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
JAVA_HOME=$("$root/scripts/find-java.sh")
export JAVA_HOME
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
published=$work/published

fail() {
  echo "FAILED: $1" >&2
  [ $# -lt 2 ] || tail -n 30 "$2" | sed 's/^/  /' >&2
  exit 1
}

# --- publish: everything that a deployment does, but for signatures and the server ---

cd "$root"
mvn -B -ntp -Prelease -DskipTests -Dspotless.check.skip=true -Dmaven.install.skip=true \
  -DaltDeploymentRepository="published::file://$published" deploy >"$work/log" 2>&1 </dev/null ||
  fail "the artefacts cannot be published" "$work/log"
version=$(sed -n 's,^  <version>\(.*\)</version>$,\1,p' pom.xml)
echo "published into a folder (after $SECONDS s)"

group=$published/io/github/llava4j
expected="llava4j llava4j-bom llava4j-cli llava4j-constraint llava4j-core llava4j-data llava4j-eval llava4j-experiment llava4j-langchain4j llava4j-server llava4j-spark llava4j-spring-ai llava4j-spring-boot-starter llava4j-tiny llava4j-train"
found=$(cd "$group" && echo *)
[ "$found" = "$expected" ] || fail "published were: $found; expected: $expected"
for module in $expected; do
  poms=("$group/$module/$version"/*.pom)
  pom=${poms[0]}
  for element in name description url licenses developers scm; do
    grep -q "<$element[ >]" "$pom" || fail "the published pom of $module has no $element" "$pom"
  done
  ! grep -qE '<parent>|\$\{|<scope>test' "$pom" || fail "the published pom of $module is not whole" "$pom"
  case $module in llava4j | llava4j-bom) continue ;; esac
  for kind in "" -sources -javadoc; do
    [ -s "${pom%.pom}$kind.jar" ] || fail "$module was published without its $(basename "${pom%.pom}$kind.jar")"
  done
  for file in LICENSE THIRD-PARTY-NOTICES.md; do
    "$JAVA_HOME/bin/jar" --list --file "${pom%.pom}.jar" | grep -x "META-INF/$file" >/dev/null || fail "the jar of $module lacks META-INF/$file"
  done
done

# --- the stranger ---

repository() {
  printf '<%s><id>%s</id><url>file://%s</url><snapshots><enabled>%s</enabled></snapshots></%s>' "$1" "$2" "$3" "$4" "$1"
}
cat >"$work/settings.xml" <<END
<settings>
  <profiles>
    <profile>
      <id>folders</id>
      <repositories>
        $(repository repository published "$published" true)
        $(repository repository machine "$HOME/.m2/repository" false)
      </repositories>
      <pluginRepositories>
        $(repository pluginRepository machine "$HOME/.m2/repository" false)
      </pluginRepositories>
    </profile>
  </profiles>
  <activeProfiles><activeProfile>folders</activeProfile></activeProfiles>
</settings>
END
# the version of a plugin in our own build, which the machine has
plugin() {
  printf '<plugin><artifactId>maven-%s-plugin</artifactId><version>%s</version></plugin>' "$1" \
    "$(grep -A 1 "<artifactId>maven-$1-plugin</artifactId>" "$root/pom.xml" | sed -n 's,.*<version>\(.*\)</version>.*,\1,p')"
}
mkdir -p "$work/stranger/src/main/java"
cd "$work/stranger"
cat >pom.xml <<END
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>stranger</groupId>
  <artifactId>stranger</artifactId>
  <version>1</version>
  <properties>
    <maven.compiler.release>25</maven.compiler.release>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
  </properties>
  <dependencyManagement>
    <dependencies>
      <dependency>
        <groupId>io.github.llava4j</groupId>
        <artifactId>llava4j-bom</artifactId>
        <version>$version</version>
        <type>pom</type>
        <scope>import</scope>
      </dependency>
    </dependencies>
  </dependencyManagement>
  <dependencies>
    <dependency>
      <groupId>io.github.llava4j</groupId>
      <artifactId>llava4j-core</artifactId>
    </dependency>
  </dependencies>
  <build><pluginManagement><plugins>$(plugin compiler)$(plugin resources)$(plugin dependency)</plugins></pluginManagement></build>
</project>
END
cat >src/main/java/Main.java <<'END'
void main(String[] arguments) {
  try (var llava = llava4j.Llava.load(java.nio.file.Path.of(arguments[0]))) {
    IO.println(llava.ask(java.nio.file.Path.of(arguments[1]), "What is in this image?"));
  }
}
END
stranger() {
  mvn -B -gs "$work/settings.xml" -Dmaven.repo.local="$work/repository" "$@" >"$work/log" 2>&1 </dev/null ||
    fail "the stranger's mvn $*" "$work/log"
  downloaded=$((${downloaded:-0} + $(grep -c '^Downloaded from central' "$work/log" || true)))
}
stranger compile dependency:build-classpath -Dmdep.outputFile=class-path
echo "the stranger's project is compiled, $downloaded files were downloaded (after $SECONDS s)"

"$JAVA_HOME/bin/java" --add-modules jdk.incubator.vector --enable-native-access=ALL-UNNAMED \
  -Dorg.bytedeco.javacpp.cachedir="$work/natives" -Dorg.bytedeco.javacpp.maxPhysicalBytes=0 \
  -cp "target/classes:$(<class-path)" Main "$root/models/llava-tiny" "$root/examples/images/penguin.png" \
  >"$work/answer" 2>"$work/errors" || fail "the stranger's program" "$work/errors"
grep -qi penguin "$work/answer" || fail "the stranger's answer names no penguin: $(<"$work/answer")" "$work/errors"
echo "the stranger reads: $(<"$work/answer") (after $SECONDS s)"

# One property asks for CUDA's libtorch; looked up by name alone, for it is large.
if [ "$(uname -sm)" = "Linux x86_64" ]; then
  stranger dependency:tree -Dllava4j.cuda -Dincludes=org.bytedeco:pytorch
  [ "$(grep -o 'pytorch:jar:linux[^:]*' "$work/log" | sort -u)" = pytorch:jar:linux-x86_64-gpu ] ||
    fail "-Dllava4j.cuda does not choose CUDA's libtorch" "$work/log"
  echo "-Dllava4j.cuda chooses CUDA's libtorch (after $SECONDS s)"
fi
