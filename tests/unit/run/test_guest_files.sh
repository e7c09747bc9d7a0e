#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a guest finds in its file system, without a boot: test_guest_files.sh DADRACE
#
# QEMU is a script that keeps the initramfs. What a bring-up needs is in it, at the path that it has here, and what is
# not on this machine is told before anything is booted.
set -uo pipefail
. "$(dirname "$0")/../guest/image.sh"

dadrace=$(realpath "$1")
failures=0
scratch=$(mktemp -d -p /tmp)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export XDG_CACHE_HOME=$scratch/cache

fail() {
	echo "FAIL $*"
	failures=$((failures + 1))
}

image vmlinuz 6.6.6
mkdir qemu alone
cat >qemu/qemu-system-x86_64 <<SCRIPT
#!/usr/bin/env bash
while [ \$# -gt 0 ]; do
	[ "\$1" != -initrd ] || [ "\$2" = /dev/null ] || cat "\$2" >"$scratch/initramfs"
	shift
done
SCRIPT
chmod +x qemu/qemu-system-x86_64

# The names in a cpio archive of the kind "newc", and where links lead to.
list() {
	/usr/bin/python3 - "$scratch/initramfs" <<-'PYTHON'
		import sys
		data, at = open(sys.argv[1], "rb").read(), 0
		while True:
		    field = [int(data[at + 6 + 8 * i:at + 14 + 8 * i], 16) for i in range(13)]
		    name = data[at + 110:at + 109 + field[11]].decode()
		    at = (at + 110 + field[11] + 3) // 4 * 4
		    if name == "TRAILER!!!":
		        break
		    link = " -> " + data[at:at + field[6]].decode() if field[1] >> 12 == 0o12 else ""
		    print("/" + name + link)
		    at = (at + field[6] + 3) // 4 * 4
	PYTHON
}

pack() { # NAME WORD...: the bring-up's command
	local name=$1 words
	shift
	printf -v words '"%s",' "$@"
	rm -f initramfs
	PATH=$scratch/qemu:$scratch/alone:$PATH "$dadrace" run --set stop.trials=1 --set bringup.kind=command \
		--set "bringup.command=[${words%,}]" --kernel vmlinuz --out "$name" - <<<'{}' >"$name.out" 2>&1
	if [ -e initramfs ]; then list >"$name.list"; else : >"$name.list"; fi
}

has() { # NAME PATH...
	local name=$1 path
	shift
	for path; do
		if grep -qxF -e "$path" "$name.list"; then echo "ok $name: $path"; else fail "$name: no $path"; fi
	done
}

printf '#!/usr/bin/env python3\nimport json\n' >up.py
printf '#!/bin/sh -e\nexit 0\n' >alone/only-here
printf '#!/usr/bin/env no-such-interpreter\n' >orphan
printf '#!/usr/bin/env -S X=1 no-such-interpreter -u\n' >option
chmod +x up.py alone/only-here orphan option

pack script "$scratch/up.py" '{dut}'
has script "$scratch/up.py" /usr/bin/env /usr/bin/python3 /bin/sh
has script "$(/usr/bin/python3 -c 'import json; print(json.__file__)')"
for link in /bin /sbin /lib64; do
	[ ! -L $link ] || has script "$link -> $(readlink $link)"
done

pack folder only-here '{dut}'
has folder "$scratch/alone/only-here" "/usr/local/bin/only-here -> $scratch/alone/only-here" /bin/sh

for script in orphan option; do
	pack lost "$scratch/$script"
	if grep -q 'its interpreter no-such-interpreter is not on this machine' lost.out && ! grep -q booting lost.out; then
		echo "ok $script: told before the boot"
	else
		fail "$script: $(tail -n 1 lost.out)"
	fi
done

[ $failures -eq 0 ]
