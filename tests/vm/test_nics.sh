#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Drivers of real network cards, in guests: test_nics.sh DADRACE SOURCE KERNEL [MODEL...]
#
# Each model of QEMU's that is named (all without a name) runs race trials in which thread I is held in a module that is
# none of the kernel's, then in the driver's own stop function, and ends clean. At the end a table shows driver and verdict.
# A model that this QEMU lacks is skipped. With all of them, two e1000e are then the ports of an ordinary machine
# (nics_init.sh).
set -uo pipefail
# shellcheck source=tests/vm/lib.sh
. "$(dirname "$0")/lib.sh"
begin "$1" "$2" make gcc
kernel=$3
shift 3

# What holds thread I: found by dadrace in the device itself, written down here by hand.
declare -A stops=(
	[e1000e]=e1000e_close [e1000]=e1000_close [igb]=igb_close [vmxnet3]=vmxnet3_close [virtio-net]=virtnet_close
	[rtl8139]=cp_close [pcnet]=pcnet32_close [i82557b]=e100_close [tulip]=tulip_close [ne2k_pci]=ne2k_pci_close
)

cat >"$results/nic.yaml" <<'YAML'
name: nic
stop: {trials: 4}
clean_below_ppm: 900000
device: {kind: nic}
arms: [race]
echo: {directions: [outbound]}
vm: {append: slub_debug=FZPU}
order: [I held at own_seen for 1000 us, I held at stop for 2000 us]
YAML

export DADRACE=$dadrace
own=$(MODULE=$source/tests/vm/own_module "$source/daemon/guest/plants/build" "$kernel" 2>"$results/own.err") ||
	skip_all "the module cannot be built for $kernel: $(tail -n 1 "$results/own.err")"

judge() { # MODEL
	local model=$1 verdict
	if [ $code -eq 4 ] && says "$model" "this QEMU has no device"; then
		echo "skip $model: this QEMU does not have it"
		table+=("$model - -")
		return
	fi
	expect "$model" 0 || return
	says "$model" "Step: (fentry|kprobe) of ${stops[$model]}: hold 2, stop" ||
		fail "$model" "not held in ${stops[$model]}"
	verdict=$(/usr/bin/python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["verdict"])' "$results/$model/summary.json")
	table+=("$model ${stops[$model]} $verdict")
}

table=()
models=("$@")
[ $# -gt 0 ] || models=(e1000e e1000 igb vmxnet3 virtio-net rtl8139 pcnet i82557b tulip ne2k_pci)
for model in "${models[@]}"; do
	run "$model" "$kernel" "$results/nic.yaml" --set device.model="$model" --module "$own wanted=1" && judge "$model"
done

# Without it no trial would prove anything.
if [ $# -gt 0 ] && run unwanted "$kernel" "$results/nic.yaml" --set device.model="$1" --module "$own"; then
	expect unwanted 4 && says unwanted 'module own_module.ko: does not load: Invalid argument' ||
		fail unwanted "no sentence about the module"
fi

# A driver that the kernel's package lacks is told before a guest boots.
if [ $# -eq 0 ] && run lacking trixie/linux-image-cloud-amd64 "$results/nic.yaml" --set device.model=e1000e; then
	if [ $code -eq 4 ] && says lacking 'has no driver for it .*linux-image-amd64' && ! says lacking booting; then
		ok lacking
	else
		fail lacking "exit $code, or no sentence before the boot"
	fi
fi

# --- the guest is an ordinary machine, and not one of dadrace's ---

machine() { # its checks are those of nics_init.sh
	local programs=() card=romfile=,mac=52:54:00:00:00 program began=$SECONDS
	for program in bash busybox ip sed grep sort diff tail cat mount sleep rm; do programs+=("$(command -v $program)"); done
	/usr/bin/python3 "$source/tests/vm/initramfs.py" "$results/initramfs" "$modules" "$source/tests/vm/nics_init.sh" \
		"e1000e,overlay,veth,bonding,8021q,bridge" "${programs[@]}" "$dadrace=/usr/bin/dadrace" \
		"$source/config/campaigns/nic.yaml=/root/nic.yaml" || { fail machine "no initramfs"; return; }
	timeout 3000 qemu-system-x86_64 -nodefaults -no-user-config -nographic -no-reboot -M q35 -cpu max,-cx16 -accel tcg \
		-smp 2 -m 1024 -kernel "$image" -initrd "$results/initramfs" -serial stdio \
		-append "console=ttyS0 panic=-1 oops=panic quiet loglevel=4 nics.kills=${KILLS:-50} nics.seed=${SEED:-42}" \
		-netdev hubport,id=a,hubid=0 -device "e1000e,netdev=a,$card:01" \
		-netdev hubport,id=b,hubid=0 -device "e1000e,netdev=b,$card:02" \
		</dev/null >"$results/machine.out" 2>"$results/machine.err"
	echo "time machine: $((SECONDS - began)) s"
	grep -aE '^(ok|race|Verdict|killed)' "$results/machine.out"
	if grep -aq '^FAIL' "$results/machine.out" || ! grep -aq '^end of nics' "$results/machine.out"; then
		grep -a -A 20 '^FAIL' "$results/machine.out"
		fail machine "see above"
	fi
}

# Of e1000e only: on a hub, what is sent to a virtio card may stay behind for a second after the card came up.
if [ $# -eq 0 ] && find_image e1000e; then
	machine
	# A module is named as the driver by its file, whatever it calls itself.
	cp "$(find "$modules" -name 'e1000e.ko*')" "$results/my-card.ko.xz" &&
		run by-file "$kernel" "$results/nic.yaml" --set 'order=[I held at stop for 2000 us]' \
			--module "$results/my-card.ko.xz" --set device.driver=my_card && expect by-file 0
fi

printf '%-12s %-16s %s\n' model stop verdict
for line in "${table[@]}"; do
	read -r model stop verdict <<<"$line"
	printf '%-12s %-16s %s\n' "$model" "$stop" "$verdict"
done
finish
