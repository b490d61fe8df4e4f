#!/bin/sh
# Fetches the schema registry that the tests ask: Apicurio, which has
# Confluent's API and keeps everything in memory (142 MB from Maven Central).
#
#   fetch-registry.sh [DIR]   DIR: where it is kept; default ~/.cache/weir/registry
#
# Prints the folder that has the registry's runner jar, and does nothing else
# if it is there already. Needs: mvn, tar.
set -eu

version=2.6.13.Final
cache=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/weir/registry}
dependency_plugin=org.apache.maven.plugins:maven-dependency-plugin:3.8.1

fail() {
	echo "fetch-registry: $*" >&2
	exit 1
}

home=$cache/apicurio-$version
if [ ! -f "$home/apicurio-registry-app-$version-runner.jar" ]; then
	command -v mvn >/dev/null 2>&1 || fail "mvn is missing: install Maven (Debian package maven)"
	mkdir -p "$cache"
	work=$(mktemp -d "$cache/.fetching-XXXXXX")
	trap 'rm -rf "$work"' EXIT INT TERM
	mvn -q -B "$dependency_plugin:copy" \
		-Dartifact="io.apicurio:apicurio-registry-app:$version:tar.gz:all" -DoutputDirectory="$work" >&2
	mkdir "$work/home"
	tar -xzf "$work/apicurio-registry-app-$version-all.tar.gz" -C "$work/home"
	[ -f "$work/home/apicurio-registry-app-$version-runner.jar" ] || fail "the archive has no runner jar"
	# Another run may have been faster; what it made is the same.
	[ -d "$home" ] || mv "$work/home" "$home"
	[ -f "$home/apicurio-registry-app-$version-runner.jar" ] || fail "remove $home: it has no runner jar"
fi
echo "$home"
