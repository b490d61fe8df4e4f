#!/bin/sh
# Builds the image weir/kafka:4.3.1 from Maven Central, the local JDK and
# busybox-static, for machines that reach no image registry.
#
#   build.sh          build, unless an image of the same inputs exists
#   FORCE=1 build.sh  build in any case
#
# Needs: docker, mvn, a JDK 17 or later with jmods (JAVA_HOME, or the javac on
# PATH), a static busybox (Debian package busybox-static; BUSYBOX names it).
set -eu

image=weir/kafka:4.3.1
here=$(cd "$(dirname "$0")" && pwd)
kafka_inputs="pom.xml Dockerfile build.sh log4j2.yaml bin/kafka-run-class.sh bin/kafka-storage.sh bin/kafka-server-start.sh bin/share-classes.sh"
modules=java.base,java.compiler,java.desktop,java.logging,java.management,java.naming,java.net.http,java.scripting,java.security.jgss,java.security.sasl,java.sql,java.xml,jdk.crypto.ec,jdk.management,jdk.net,jdk.security.auth,jdk.security.jgss,jdk.unsupported,jdk.zipfs
dependency_plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

fail() {
	echo "kafka-image: $*" >&2
	exit 1
}

need() {
	command -v "$1" >/dev/null 2>&1 || fail "$1 is missing: install $2"
}

[ "$(uname -s)" = Linux ] || fail "the image takes its Java runtime and C library from this machine, which must be Linux: build it there, then docker save and docker load it"
need docker "the Docker client and an engine"
need mvn "Maven (Debian package maven)"
need sha256sum "coreutils"
docker version >/dev/null 2>&1 || fail "no Docker engine answers: start one, or set DOCKER_HOST"

if [ -z "${JAVA_HOME:-}" ]; then
	need javac "a JDK, 17 or later (Debian package openjdk-17-jdk-headless)"
	JAVA_HOME=$(dirname "$(dirname "$(readlink -f "$(command -v javac)")")")
fi
[ -x "$JAVA_HOME/bin/jlink" ] && [ -d "$JAVA_HOME/jmods" ] ||
	fail "$JAVA_HOME has no jlink or no jmods: install a full JDK, 17 or later"

busybox=${BUSYBOX:-$(command -v busybox || true)}
[ -n "$busybox" ] || fail "busybox is missing: install a static one (Debian package busybox-static), or name it in BUSYBOX"
if ldd "$busybox" >/dev/null 2>&1; then
	fail "$busybox is not static: install Debian's busybox-static, or name a static one in BUSYBOX"
fi

cd "$here"
# The files here, the JDK and the busybox decide what the image is.
# shellcheck disable=SC2086
inputs=$({
	cat $kafka_inputs
	cat "$JAVA_HOME/release"
	cat "$busybox"
} | sha256sum | cut -c1-16)
if [ "${FORCE:-}" != 1 ]; then
	built=$(docker image inspect --format '{{index .Config.Labels "weir.image.inputs"}}' "$image" 2>/dev/null || true)
	if [ "$built" = "$inputs" ]; then
		echo "kafka-image: $image is up to date ($inputs)"
		exit 0
	fi
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
root=$work/root
mkdir -p "$root/opt/kafka/libs" "$root/opt/kafka/bin" "$root/opt/kafka/config" \
	"$root/var/lib/kafka/data" "$root/tmp" "$root/etc" "$root/bin" "$root/usr/bin" "$root/lib"

echo "kafka-image: Kafka and its runtime dependencies"
mvn -q -B -f pom.xml "$dependency_plugin:copy-dependencies" \
	-DincludeScope=runtime -DoutputDirectory="$root/opt/kafka/libs"
[ -f "$root/opt/kafka/libs/kafka_2.13-4.3.1.jar" ] || fail "Maven copied no kafka_2.13-4.3.1.jar"

echo "kafka-image: Java runtime"
"$JAVA_HOME/bin/jlink" --module-path "$JAVA_HOME/jmods" --add-modules "$modules" \
	--strip-debug --no-header-files --no-man-pages --compress=1 --output "$root/opt/java"
# Kafka's dependencies need java.beans, which lives in java.desktop, and none
# of its native code, which would draw in the X11 libraries.
for name in awt awt_headless awt_xawt fontmanager freetype javajpeg jawt jsound lcms mlib_image splashscreen; do
	rm -f "$root/opt/java/lib/lib$name.so"
done
# Debian keeps the certificates outside of the runtime: a dangling link would
# only break TLS to others, so the file itself goes in where there is one.
if [ -e "$JAVA_HOME/lib/security/cacerts" ]; then
	rm -f "$root/opt/java/lib/security/cacerts"
	cp -L "$JAVA_HOME/lib/security/cacerts" "$root/opt/java/lib/security/cacerts"
fi

# The runtime's shared libraries, at the paths where its loader looks.
find "$root/opt/java" -type f \( -name '*.so' -o -path '*/bin/java' \) -exec ldd {} + 2>/dev/null |
	awk '/=> \// {print $3} $1 ~ /^\/lib.*ld-/ {print $1}' | sort -u >"$work/libs"
while read -r lib; do
	case $lib in "$root"/*) continue ;; esac
	mkdir -p "$root$(dirname "$lib")"
	cp -L "$lib" "$root$lib"
done <"$work/libs"
# Native code inside of jars (zstd, snappy, lz4) needs these of the C library.
for name in libdl.so.2 libpthread.so.0 librt.so.1 libm.so.6 libresolv.so.2; do
	lib=$(ldconfig -p 2>/dev/null | awk -v n="$name" '$1 == n {print $NF; exit}')
	[ -z "$lib" ] || [ -e "$root$lib" ] || { mkdir -p "$root$(dirname "$lib")" && cp -L "$lib" "$root$lib"; }
done

cp "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do
	[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
ln -s ../../bin/env "$root/usr/bin/env"
cp bin/*.sh "$root/opt/kafka/bin/"
cp log4j2.yaml "$root/opt/kafka/config/"
chmod 755 "$root"/opt/kafka/bin/*.sh
printf 'root:x:0:0:root:/:/bin/sh\nappuser:x:1000:1000:appuser:/opt/kafka:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\nappuser:x:1000:\n' >"$root/etc/group"
printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"

# Owners and modes are set in the archive, so that no root is needed here.
context=$work/context
mkdir "$context"
cp Dockerfile "$context/"
tar -C "$root" --sort=name --numeric-owner --owner=0 --group=0 --mode='u+rwX,go+rX,go-w' \
	--exclude=./tmp --exclude=./var/lib/kafka/data -cf "$context/rootfs.tar" .
tar -C "$root" --no-recursion --numeric-owner --owner=0 --group=0 --mode=1777 -rf "$context/rootfs.tar" ./tmp
tar -C "$root" --no-recursion --numeric-owner --owner=1000 --group=1000 --mode=755 -rf "$context/rootfs.tar" ./var/lib/kafka/data

echo "kafka-image: $image"
replaced=$(docker image inspect --format '{{.Id}}' "$image" 2>/dev/null || true)
docker build --quiet --build-arg INPUTS="$inputs" --tag "$image" "$context" >"$work/build.log" 2>&1 || {
	cat "$work/build.log" >&2
	fail "docker build failed"
}
docker image inspect --format 'kafka-image: {{index .RepoTags 0}}, {{.Size}} bytes' "$image"
if [ -n "$replaced" ] && [ "$replaced" != "$(docker image inspect --format '{{.Id}}' "$image")" ]; then
	docker image rm "$replaced" >/dev/null 2>&1 || true # a container may still use it
fi
