#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Packages: dpkg-buildpackage gives the same bytes in two folders, with no path of a build inside and nothing for lintian to
# say; rpmbuild packs the same build, with nothing for rpmlint to say; an installation stays inside its prefix.
#
# Usage: package.sh SOURCE-FOLDER
set -uo pipefail

. "$(dirname "$0")/lib.sh"
[ $# -eq 1 ] && [ -f "$1/CMakeLists.txt" ] || {
	echo "usage: $0 SOURCE-FOLDER" >&2
	exit 64
}
source=$(realpath "$1")
for program in dpkg-buildpackage dh; do
	command -v $program >/dev/null || skip "needs $program (packages dpkg-dev, debhelper)"
done

work=$(mktemp -d /var/tmp/dadrace-package.XXXXXX)
trap 'rm -rf "$work"' EXIT
export SOURCE_DATE_EPOCH=1767225600
unset CMAKE_C_COMPILER_LAUNCHER # a compiler cache may answer with another folder's object
failed=0

build() { # SOURCE [ARGUMENT...]
	cd "$1" && DEB_BUILD_OPTIONS=parallel=1 dpkg-buildpackage --no-sign --no-check-builddeps "${@:2}"
} >"$1.log" 2>&1

mkdir -p "$work/one" "$work/two/deeper"
tar --create --directory "$source" --exclude ./build --exclude ./.git . | tar --extract --directory "$work/one"
cp -a "$work/one" "$work/two/deeper/copy"
(build "$work/one") &
other=$!
(build "$work/two/deeper/copy" --build=binary)
built=$?
wait $other && [ $built -eq 0 ] || {
	tail -n 20 "$work/one.log" "$work/two/deeper/copy.log"
	echo "FAIL two builds"
	exit 1
}
one=$work/one/build/package

# --- the .deb ---

deb=$(echo "$work"/dadrace_*.deb) plants=$(echo "$work"/dadrace-plants_*.deb)
listed() { dpkg-deb --contents "$1" | grep " \./$2\$"; }
no_path() { ! grep -aF "$work" "$one"/dadrace{,d}; }
no_lintian() { [ -z "$(lintian --allow-root --tag-display-limit 0 "$work"/dadrace_*.changes 2>&1 | tee /dev/stderr)" ]; }
of_version() { [ "$(dpkg-deb --field "$deb" Version)" = "$("$one/dadrace" version | sed -n '1s/.* //p')" ]; }
is_conffile() { dpkg-deb --info "$deb" conffiles | grep -qx /etc/dadrace/dadraced.yaml; }

check "two folders give the same package" cmp "$deb" "$work"/two/deeper/dadrace_*.deb
check "and the same plants" cmp "$plants" "$work"/two/deeper/dadrace-plants_*.deb
check "no path of a build is in a program" no_path
check "the configuration is in /etc" listed "$deb" etc/dadrace/dadraced.yaml
check "and the administrator's" is_conffile
check "dadrace is in the PATH of every user" listed "$deb" usr/bin/dadrace
check "the planted bugs are a package of their own" listed "$plants" usr/share/dadrace/plants/build
check "which dadrace is installed without" eval "! listed '$deb' usr/share/dadrace/plants/build"
check "the changelog is this version's" of_version
if command -v lintian >/dev/null; then
	check "lintian has nothing to say" no_lintian
else
	echo "SKIP: lintian is not installed (package lintian)"
fi

# --- the .rpm ---

spec=config/install/rpm/dadrace.spec
# What is built is packed. Debian's rpm does not know Fedora's folders of systemd.
pack_rpm() {
	cd "$work/one" && rpmbuild -bb --build-in-place --nodeps --define "built $one" --define "_topdir $work/rpm" \
		--define '_unitdir /usr/lib/systemd/system' --define '_sysusersdir /usr/lib/sysusers.d' \
		--define '_tmpfilesdir /usr/lib/tmpfiles.d' $spec
}
no_rpmlint() { cd "$work/one" && rpmlint --config config/install/rpm/rpmlint.toml $spec "$work"/rpm/RPMS/*/*.rpm |
	tee /dev/stderr | grep -q ' 0 errors, 0 warnings'; }
if command -v rpmbuild >/dev/null; then
	check "an .rpm is made" pack_rpm
	rpm=$(echo "$work"/rpm/RPMS/*/dadrace-[0-9]*.rpm)
	asked() { rpm --query --package "$rpm" "${@:2}" | grep -qE "$1"; }
	check "it is of this version" asked "^$(dpkg-deb --field "$deb" Version)\$" --queryformat '%{VERSION}\n'
	check "its text of the licence is marked" asked '/LICENSE$' --licensefiles
	check "its configuration is the administrator's" asked '^/etc/dadrace/dadraced.yaml$' --configfiles
	for word in systemd-sysusers systemd-tmpfiles 'disable --now dadraced' daemon-reload; do
		check "its scriptlets: $word" asked "$word" --scripts
	done
	if command -v rpmlint >/dev/null; then
		check "rpmlint has nothing to say" no_rpmlint
	else
		echo "SKIP: rpmlint is not installed (package rpmlint)"
	fi
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
check "dadrace runs from there" "$prefix/bin/dadrace" version
check "the planted bugs are found beside it" test -x "$prefix/bin/../share/dadrace/plants/build"
check "and the test for kernel trees" test -x "$prefix/share/dadrace/kselftest/dadrace.sh"
check "and the jobs for fleets" test -x "$prefix/share/dadrace/jobs/slurm.sh"
check "what a kernel needs is installed" test -r "$prefix/share/dadrace/guest.config"
check "and dadraced reads" "$prefix/sbin/dadraced" --check-config --config "$one/no-group.yaml"
exit $failed
