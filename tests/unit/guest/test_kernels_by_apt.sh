#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Kernels from packages and files: test_kernels_by_apt.sh DADRACE
#
# apt is two scripts that keep a network, lists and a package; QEMU is one that notes what it was to boot. As nobody, with
# a cache of its own, in an empty folder.
set -uo pipefail
. "$(dirname "$0")/image.sh"

dadrace=$(realpath "$1")
if [ "$(id -u)" -eq 0 ]; then
	scratch=$(mktemp -d)
	trap 'rm -rf "$scratch"' EXIT
	cp "$dadrace" "${BASH_SOURCE[0]}" "$(dirname "$0")/image.sh" "$scratch" # nobody need not be able to read where these lie
	chown -R 65534:65534 "$scratch"
	chmod 755 "$scratch"
	setpriv --reuid 65534 --regid 65534 --clear-groups env HOME="$scratch" TMPDIR="$scratch" \
		bash "$scratch/${BASH_SOURCE[0]##*/}" "$scratch/dadrace"
	exit
fi
failures=0
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
export XDG_CACHE_HOME=$scratch/cache WORLD=$scratch
PATH=$scratch/bin:$PATH
mkdir bin

deb() { # FILE KERNEL-IMAGE: a package with it
	local work
	work=$(mktemp -d)
	mkdir -p "$work/boot"
	cp "$2" "$work/boot/vmlinuz-0"
	tar -C "$work" -cf "$work/data.tar" ./boot
	tar -C "$work" -cf "$work/control.tar" --files-from /dev/null
	echo 2.0 >"$work/debian-binary"
	rm -f "$1"
	ar qc "$1" "$work/debian-binary" "$work/control.tar" "$work/data.tar"
}

cat >bin/apt-get <<'SCRIPT'
#!/usr/bin/env bash
echo "apt-get $*" >>"$WORLD/asked"
for word; do
	case $word in
	Dir::State::lists=*) lists=${word#*=} ;;
	APT::Update::Error-Mode=any) strict=yes ;;
	APT::Architecture=*) architecture=${word#*=} ;;
	indextargets) echo mirror.invalid/debian && exit ;;
	update) verb=update ;;
	download) verb=download ;;
	esac
done
if [ "$verb" = update ]; then
	if [ ! -e "$WORLD/network" ]; then
		printf 'E: \033]0;X\a\342\200\256Could not resolve %s\n' "'mirror.invalid'" >&2
		[ -z "${strict:-}" ] || exit 100
		exit 0 # as apt does by itself
	fi
	cp "$WORLD/packages" "$lists/mirror_main_binary-${architecture}_Packages"
else
	cp "$WORLD/kernel-$architecture.deb" "./${*: -1}_1_$architecture.deb"
fi
SCRIPT
cat >bin/apt-cache <<'SCRIPT'
#!/usr/bin/env bash
for word; do
	case $word in Dir::State::lists=*) lists=${word#*=} ;; esac
done
cat "$lists"/*_Packages 2>/dev/null | case $* in *pkgnames*) grep -- "^${*: -1}" ;; *) : ;; esac
exit 0
SCRIPT
cat >bin/qemu-system-x86_64 <<'SCRIPT'
#!/usr/bin/env bash
echo "${0##*/} $*" >"$WORLD/qemu"
for word; do
	case $word in
	*id=results,*) port=${word##*fd=} ;;
	*/vmlinuz*) echo "$word" >"$WORLD/booted" ;;
	esac
done
printf 'not today\n{"type":"exit","code":4}\n' >&"$port"
SCRIPT
chmod +x bin/*
cp bin/qemu-system-{x86_64,aarch64}

fail() { # NAME REASON
	echo "FAIL $1: $2"
	sed 's/^/     | /' out
	failures=$((failures + 1))
}

doctor() { # NAME EXIT-CODE PATTERN ARGUMENT...
	local name=$1 want=$2 pattern=$3
	shift 3
	rm -f booted
	"$dadrace" doctor --kernel "$@" >out 2>&1
	code=$?
	if [ $code -ne "$want" ]; then
		fail "$name" "exit $code, wanted $want"
	elif ! grep -qE -e "$pattern" out; then
		fail "$name" "it does not say '$pattern'"
	else
		echo "ok $name"
	fi
}

booted() { # NAME RELEASE
	if grep -qsF "$2" "$(cat booted 2>/dev/null)"; then echo "ok $1"; else fail "$1" "it did not boot $2"; fi
}

updates() { grep -c ' update' asked; }

image vmlinuz 6.6.6
deb kernel-amd64.deb vmlinuz
printf '%s\n' linux-image-cloud-amd64 linux-image-amd64 linux-image-6.6.6-amd64 linux-image-amd64-dbg >packages

doctor "without a network: apt's own words" 78 "^dadrace: trixie: the lists .* cannot be fetched; .*resolve 'mirror" trixie/linux-image-amd64
if grep -qF '\u001b]0;X\u0007\u202e' out; then echo "ok what apt says is shown"; else fail "what apt says" "not shown"; fi
doctor "a failed update is not taken for lists" 78 "cannot be fetched" trixie/linux-image-amd64
touch network
doctor "with it again: at once" 4 '^not today' trixie/linux-image-amd64
booted "the kernel of the package" 6.6.6
before=$(updates)
doctor "once a day" 4 '^not today' trixie/linux-image-amd64
[ "$(updates)" -eq "$before" ] || fail "once a day" "the lists were fetched again"
doctor "--refresh" 4 '^not today' trixie/linux-image-amd64 --refresh
[ "$(updates)" -eq $((before + 1)) ] || fail "--refresh" "the lists were not fetched"

# The cache has one user at a time; a waiting process names the one that holds it.
mkfifo go held tick
flock cache/dadrace sh -c 'echo >held; read -r _ <go' &
holder=$!
read -r _ <held
"$dadrace" doctor --kernel trixie/linux-image-amd64 >waits 2>&1 &
waits=$!
for _ in {1..300}; do # it has half a minute to say so
	grep -q . waits && break
	read -r -t 0.1 _ <>tick
done
cp waits out
if grep -qE "^dadrace: .*/cache/dadrace/: another run \(pid $holder\) fetches a kernel into it; waiting" out; then
	echo "ok a second run says for whom it waits"
else
	fail "a second run" "it does not say for whom it waits"
fi
echo >go
wait $waits
code=$?
cp waits out
[ $code -eq 4 ] || fail "a second run goes on then" "exit $code"
wait $holder
rm network
doctor "--refresh without a network: the lists of before, and said" 4 \
	"resolve 'mirror.*; the lists of 0 hours ago are used" trixie/linux-image-amd64 --refresh
rm cache/dadrace/apt/trixie/lists/*_Packages
doctor "empty lists are never young" 78 "cannot be fetched" trixie/linux-image-amd64
touch network
doctor "a package that is not there: what is" 78 \
	'^dadrace: linux-image-cloud-amd46: trixie has no such package; did you mean linux-image-cloud-amd64\? Its kernels: linux-image-cloud-amd64, linux-image-amd64$' \
	trixie/linux-image-cloud-amd46
doctor "yet" 78 'no such package' trixie/linux-image-6.6.7-amd64
echo linux-image-6.6.7-amd64 >>packages
doctor "a package of today: lists of this morning are fetched again" 4 '^not today' trixie/linux-image-6.6.7-amd64
asked=$(wc -l <asked)
for path in boot/vmlinuz-6.1 ./linux-image-amd64 build/linux 9/linux-image-amd64 a/b/linux-image-amd64 build/linux-image-6.1.deb; do
	doctor "no suite: $path" 78 "^dadrace: $path: no such file, and not a kernel's package" "$path"
done
[ "$(wc -l <asked)" -eq "$asked" ] || fail "no suite" "apt was asked for a path"
"$dadrace" run /dev/null --kernel bullseye/linux-image-amd64 --plant sadr-fail --quiet --out plant >out 2>&1
[ $? -eq 78 ] && grep -q 'no such bug; did you mean saddr-fail' out || [ ! -e /usr/share/dadrace/plants/build ] ||
	fail "--plant" "a bug that there is not"
[ "$(wc -l <asked)" -eq "$asked" ] || fail "--plant" "apt was asked before the bug was looked for"

# One name, one size, one time: the second is not the first.
image other 6.6.8
for release in vmlinuz other; do
	deb "linux.deb" $release
	touch -d @1000000000 linux.deb
	doctor "a file of the same name: $release" 4 '^not today' linux.deb
	booted "a file of the same name: $release" "$([ $release = other ] && echo 6.6.8 || echo 6.6.6)"
done

# An Image of arm64 has no release in its header: it is that of the kernel's banner.
banner=$(printf 'Linux version 6.6.7 (a compiler)' | od -An -v -tx1 | tr -d ' \n')
image arm64 6.1 202=00000000 38=41524d64 700=$banner
image no-banner 6.1 202=00000000 38=41524d64
image zboot 6.1 202=00000000 0=4d5a00007a696d67 3c=80000000 80=5045000064aa
image x86_32 6.1 236=00
image elf 6.1 202=00000000 0=7f454c46
image riscv 6.1 202=00000000 30=5249534356
image text 6.1 202=00000000
doctor "arm64 without a root" 78 'arm64: an arm64 kernel, and this is dadrace for amd64; .* vm.root' arm64
doctor "arm64 of no release" 78 'no-banner: an arm64 kernel in which no .Linux version. tells its release' no-banner
doctor "arm64, compressed for EFI" 78 'zboot: an arm64 kernel that is compressed for EFI' zboot
mkdir -p root/usr/bin
doctor "a root without dadrace" 78 'vm.root: root has no dadrace' arm64 --root root
doctor "no root" 78 'vm.root: nowhere: No such file or directory' arm64 --root nowhere
for mode in 0775 0757; do
	chmod $mode root
	doctor "a root that others may write to" 78 "vm.root: root: owned by user $(id -u), mode $mode" arm64 --root root
done
chmod 0755 root
echo no ELF file >root/usr/bin/dadrace
doctor "arm64" 4 '^not today' arm64 --root root
if grep -q '^qemu-system-aarch64 .*-M virt.* console=ttyAMA0 ' qemu; then
	echo "ok the machine of arm64"
else
	fail "the machine of arm64" "$(cat qemu)"
fi
cp "$dadrace" root/usr/bin/dadrace
doctor "a root of another architecture" 78 'root/usr/bin/dadrace: not a program for aarch64' arm64 --root root
touch network
echo linux-image-cloud-arm64 >packages
deb kernel-arm64.deb arm64
echo no ELF file >root/usr/bin/dadrace
doctor "a package of arm64" 4 '^not today' trixie/linux-image-cloud-arm64 --root root
booted "the kernel of the package of arm64" "Linux version 6.6.7"
rm network
doctor "32 bits" 78 'x86_32: a 32-bit x86 kernel' x86_32
doctor "an ELF file" 78 'elf: an ELF file.*bzImage' elf
doctor "RISC-V" 78 'riscv: a RISC-V kernel' riscv
doctor "a text" 78 'text: neither' text
deb arm64.deb arm64
doctor "a file of a package of arm64" 78 'arm64 kernel' arm64.deb

rpm_of() { # NAME FOLDER-WITH-ITS-FILES
	cat >kernel.spec <<-SPEC
			Name: $1
			Version: 6.6.9
			Release: 1
			Summary: a kernel
			License: GPL
			%description
			%install
			cp -a $2/. %{buildroot}/
			%files
			/lib
	SPEC
	rpmbuild --quiet -bb --define "_topdir $scratch/rpm" --define "_rpmdir $scratch" \
		--define '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
		--target x86_64 kernel.spec >out 2>&1 || fail "rpm" "rpmbuild"
}
if command -v rpmbuild >/dev/null; then
	image rpm-image 6.6.9
	mkdir -p core/lib/modules/6.6.9 modules/lib/modules/6.6.9/kernel
	cp rpm-image core/lib/modules/6.6.9/vmlinuz
	echo x >modules/lib/modules/6.6.9/kernel/veth.ko
	rpm_of kernel-core "$scratch/core"
	rpm_of kernel-modules-core "$scratch/modules"
	doctor "an RPM" 4 '^not today' kernel-core-6.6.9-1.x86_64.rpm
	booted "an RPM" 6.6.9
	ls cache/dadrace/images/kernel-core-*/lib/modules/6.6.9/kernel/veth.ko >/dev/null || fail "an RPM" "its modules were not unpacked"
else
	echo "SKIP an RPM: rpmbuild is not installed"
fi

[ $failures -eq 0 ]
