buildpack_name=java

java_version() { java -version 2>&1 | sed -n 's/^[^"]*version "\([^"]*\)".*/\1/p' | head -n 1; }

# The version of Java which the app says it needs, in the property file of SDKMAN or in Cloud Foundry's system.properties.
constraint() {
  if [ -f "$1/system.properties" ]; then
    sed -n 's/^java\.runtime\.version[[:space:]]*=[[:space:]]*//p' "$1/system.properties" | head -n 1
  elif [ -f "$1/.sdkmanrc" ]; then
    sed -n 's/^java[[:space:]]*=[[:space:]]*\([0-9.]*\).*/\1/p' "$1/.sdkmanrc" | head -n 1
  fi
}

# The first archive with a Main-Class, at the top or where build tools leave it.
runnable_jar() {
  local jar
  for jar in "$1"/*.jar "$1"/*.war "$1"/target/*.jar "$1"/target/*.war "$1"/build/libs/*.jar "$1"/build/libs/*.war; do
    case $jar in *-sources.jar | *-javadoc.jar | *-plain.jar | */original-*.jar) continue ;; esac
    if [ -f "$jar" ] && manifest_of "$jar" | grep -q '^Main-Class:'; then
      printf '%s' "${jar#"$1/"}"
      return
    fi
  done
}

# Jars are zip archives, but a machine with Java alone has neither unzip nor jar. Then python3 or ruby may help out, and
# without any of them the jar is trusted to have a Main-Class: Java will say if it has none.
manifest_of() {
  if command -v unzip >/dev/null; then
    unzip -p "$1" META-INF/MANIFEST.MF 2>/dev/null || true
  elif command -v jar >/dev/null; then
    local folder
    folder=$(mktemp -d)
    (cd "$folder" && jar xf "$1" META-INF/MANIFEST.MF && cat META-INF/MANIFEST.MF) 2>/dev/null || true
    rm -rf "$folder"
  elif command -v python3 >/dev/null; then
    python3 -c 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read("META-INF/MANIFEST.MF").decode())' "$1" 2>/dev/null || true
  else
    echo 'Main-Class: unknown'
  fi
}

# Of a jar that was unpacked on its way here.
main_class() {
  [ -f "$1/META-INF/MANIFEST.MF" ] || return 0
  sed -n 's/^Main-Class:[[:space:]]*\([^[:space:]]*\).*/\1/p' "$1/META-INF/MANIFEST.MF" | head -n 1
}

build_tool() {
  if [ -f "$1/pom.xml" ]; then
    echo maven
  elif [ -f "$1/build.gradle" ] || [ -f "$1/build.gradle.kts" ]; then
    echo gradle
  fi
}

build_with_maven() {
  local build=$1 repository=$2/m2 flags=(--batch-mode --quiet -DskipTests)
  command -v mvn >/dev/null || fail 'The app is to be built with Maven, but there is no program mvn here.' \
    'Install it (on Debian: apt install maven), or build the app yourself and push the jar.'
  if [ -d "$build/.m2/repository" ]; then repository=$build/.m2/repository; fi
  if ! can_reach "${MAVEN_MIRROR_URL:-https://repo.maven.apache.org}"; then
    note 'No network: libraries come from the app and from the cache'
    flags+=(--offline)
  fi
  step 'Building with Maven'
  (cd "$build" && mvn "${flags[@]}" "-Dmaven.repo.local=$repository" package 2>&1) | indent || give_up "${flags[@]}"
  built "$build"
}

build_with_gradle() {
  local build=$1 cache=$2 flags=(--quiet --no-daemon --console=plain) gradle=gradle
  if ! command -v gradle >/dev/null; then
    gradle=./gradlew
    [ -x "$build/gradlew" ] || fail 'The app is to be built with Gradle, but there is neither a program gradle nor gradlew here.' \
      'Install it (on Debian: apt install gradle), or build the app yourself and push the jar.'
  fi
  if ! can_reach "${MAVEN_MIRROR_URL:-https://repo.maven.apache.org}"; then
    note 'No network: libraries come from the cache'
    flags+=(--offline)
  fi
  step 'Building with Gradle'
  (cd "$build" && GRADLE_USER_HOME=$cache/gradle "$gradle" "${flags[@]}" assemble 2>&1) | indent || give_up "${flags[@]}"
  built "$build"
}

built() {
  [ -n "$(runnable_jar "$1")" ] || fail 'The build made no jar with a Main-Class in target/ or build/libs/.' \
    'Let the build write Main-Class into the manifest (maven-jar-plugin, spring-boot-maven-plugin, the application plugin).'
}

give_up() {
  case " $* " in
    *' --offline '*) fail 'The app could not be built; the reason stands above. There is no network.' \
      'If libraries are missing: build the app yourself and push the jar, or stage once with a network.' ;;
    *) fail 'The app could not be built; the reason stands above.' ;;
  esac
}

# start_command BUILD: what starts the app. JAVA_OPTS comes from profile.d, which knows the memory of the instance.
start_command() {
  local jar class
  class=$(main_class "$1")
  if [ -n "$class" ]; then
    printf 'java $JAVA_OPTS -cp . %s\n' "$class"
    return
  fi
  jar=$(runnable_jar "$1")
  if [ -n "$jar" ]; then printf 'java $JAVA_OPTS -jar %q\n' "$jar"; fi
}
