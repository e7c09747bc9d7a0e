#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packages: the same bytes from two folders, no path of a build inside, nothing for lintian to say; an .rpm with licence
# and scriptlets; an installation that stays inside its prefix.
#
# Usage: package.sh SOURCE-FOLDER
set -uo pipefail

skip() {
	echo "SKIP: $*"
	exit 77
}
[ $# -eq 1 ] && [ -f "$1/CMakeLists.txt" ] || {
	echo "usage: $0 SOURCE-FOLDER" >&2
	exit 64
}
source=$(realpath "$1")
for program in cpack dpkg-shlibdeps; do
	command -v $program >/dev/null || skip "needs $program (packages cmake, dpkg-dev)"
done

work=$(mktemp -d /var/tmp/dadrace-package.XXXXXX)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1767225600
unset CMAKE_C_COMPILER_LAUNCHER # a compiler cache may answer with another folder's object
failed=0

check() { # SENTENCE COMMAND...: what it prints is shown when it fails
	if "${@:2}" >"$work/log" 2>&1; then
		echo "ok $1"
	else
		echo "FAIL $1"
		tail -n 20 "$work/log"
		failed=1
	fi
}
build() { # SOURCE BUILD
	cmake -S "$1" -B "$2" -G Ninja -D CMAKE_BUILD_TYPE=RelWithDebInfo -D BUILD_TESTING=OFF &&
		cmake --build "$2" --parallel 1 && (cd "$2" && cpack -G DEB)
} >"$2.log" 2>&1

mkdir -p "$work/one" "$work/two/deeper"
tar --create --directory "$source" --exclude ./build --exclude ./.git . | tar --extract --directory "$work/one"
cp -a "$work/one" "$work/two/deeper/copy"
one=$work/built two=$work/two/deeper/copy/built
build "$work/one" "$one" &
other=$!
build "$work/two/deeper/copy" "$two"
built=$?
wait $other && [ $built -eq 0 ] || {
	tail -n 20 "$one.log" "$two.log"
	echo "FAIL two builds"
	exit 1
}

# --- the .deb ---

deb=$(echo "$one"/*.deb)
control() { dpkg-deb --field "$deb" "$1"; }
listed() { dpkg-deb --contents "$deb" | grep " \./$1\$"; }
no_path() { ! grep -aF "$work" "$one"/dadrace{,d}; }
no_lintian() { [ -z "$(lintian --allow-root --tag-display-limit 0 "$deb" 2>&1 | tee /dev/stderr)" ]; }
of_version() { [ "$(dpkg-deb --fsys-tarfile "$deb" | tar -xO ./usr/share/doc/dadrace/changelog.gz | zcat | head -n 1 |
	sed 's/.*(\(.*\)).*/\1/')" = "$(control Version)" ]; }
is_conffile() { dpkg-deb --info "$deb" conffiles | grep -qx /etc/dadrace/dadraced.yaml; }

check "two folders give the same package" cmp "$deb" "$two"/*.deb
check "no path of a build is in a program" no_path
check "the configuration is in /etc" listed etc/dadrace/dadraced.yaml
check "and the administrator's" is_conffile
check "the changelog is this version's" of_version
if command -v lintian >/dev/null; then
	check "lintian has nothing to say" no_lintian
else
	echo "SKIP: lintian is not installed (package lintian)"
fi

# --- the .rpm ---

if command -v rpmbuild >/dev/null; then
	check "an .rpm is made" env -C "$one" cpack -G RPM
	rpm=$(echo "$one"/*.rpm)
	asked() { rpm --query --package "$rpm" "${@:2}" | grep -qE "$1"; }
	check "it has a licence" asked '^GPL-2.0-or-later$' --queryformat '%{LICENSE}\n'
	check "with its text" asked '/LICENSE$' --licensefiles
	check "its configuration is the administrator's" asked '^/etc/dadrace/dadraced.yaml$' --configfiles
	for word in systemd-sysusers systemd-tmpfiles 'disable --now dadraced' daemon-reload; do
		check "its scriptlets: $word" asked "$word" --scripts
	done
else
	echo "SKIP: rpmbuild is not installed (package rpm): no .rpm is made"
fi

# --- a prefix ---

prefix=$work/prefix
outside() { grep -v "^$prefix/" "$one/install_manifest.txt"; }
inside() { ! outside; }
check "it installs" cmake --install "$one" --prefix "$prefix"
check "in its prefix only" inside
check "the manifest has the configuration" grep -qx "$prefix/etc/dadrace/dadraced.yaml" "$one/install_manifest.txt"
check "which the unit names" grep -qx "ExecStart=$prefix/sbin/dadraced --config $prefix/etc/dadrace/dadraced.yaml" \
	"$prefix/lib/systemd/system/dadraced.service"
# A prefix of the system has it in /etc: GNUInstallDirs, and the FHS for /opt.
while read -r prefix_of etc; do
	rm -rf "$work/root"
	check "$prefix_of has its configuration in $etc" env DESTDIR="$work/root" cmake --install "$one" --prefix "$prefix_of"
	check "and only there" [ "$(find "$work/root" -name dadraced.yaml)" = "$work/root$etc/dadrace/dadraced.yaml" ]
done <<-'END'
	/usr /etc
	/usr/local /usr/local/etc
	/opt/dadrace /etc/opt/dadrace
END
# Its group is made by the package, on the machine where that is installed.
sed '/^group:/d' "$prefix/etc/dadrace/dadraced.yaml" >"$one/no-group.yaml"
check "dadrace is in the PATH of every user" "$prefix/bin/dadrace" version
check "and in the package" listed usr/bin/dadrace
check "the planted bugs are found from there" test -x "$prefix/bin/../share/dadrace/plants/build"
check "and the test for kernel trees" test -x "$prefix/share/dadrace/kselftest/dadrace.sh"
check "and the jobs for fleets" test -x "$prefix/share/dadrace/jobs/slurm.sh"
check "what a kernel needs is installed" test -r "$prefix/share/dadrace/guest.config"
check "and dadraced reads" "$prefix/sbin/dadraced" --check-config --config "$one/no-group.yaml"
exit $failed
