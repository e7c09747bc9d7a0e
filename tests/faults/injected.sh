#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# One failed system call at a time, in `dadrace run`, `report`, `ctl` and in `dadraced`: whatever fails, the exit code is right,
# there is one sentence, and nothing is left. strace injects the errors; each thread counts its own calls.
#
#   MATRIX=full   each call's first, middle and last occurrence, each error, and all from the middle on; minutes
#   otherwise     a sample; seconds
#   ONLY=REGEX    only rows that match "SUBJECT CALL ERROR"
#
# A shortage is never "this kernel cannot" (4), "busy" (75), a wrong file (78) or "fault found" (1). Exit 0 is right only with
# the same output as without a failure, of a run with its verdict; 3 when a run says what became of its trials.
#
# Usage: injected.sh DADRACE SOURCE-FOLDER
. "$(dirname "$0")/../live/lib.sh"
begin "$@"
command -v strace >/dev/null || skip "needs strace"
dadraced=$(dirname "$dadrace")/dadraced
export ASAN_OPTIONS=detect_leaks=0 # it does not work beside ptrace
RUN_DEADLINE_S=60
ONLY=${ONLY:-}
is_sanitized=false
! grep -q __asan_init "$dadrace" || is_sanitized=true

# SUBJECT CALL ERROR...; a call with * is in the sample, with its first error.
table() {
	cat <<-'ROWS'
		run     openat*         EMFILE ENOMEM ENFILE EIO
		run     socket*         EMFILE ENOMEM ENOBUFS
		run     clone*          EAGAIN ENOMEM
		run     clone3          EAGAIN ENOMEM
		run     fork            EAGAIN ENOMEM
		run     vfork           EAGAIN ENOMEM
		run     mmap*           ENOMEM
		run     bpf*            ENOMEM EAGAIN EMFILE ENOSPC
		run     perf_event_open EMFILE ENOMEM ENOSPC
		run     unshare*        ENOSPC ENOMEM
		run     setns           ENOMEM
		run     mount           ENOMEM ENOSPC
		run     mkdir           ENOSPC
		run     write*          ENOSPC EIO EDQUOT
		run     fsync           EIO ENOSPC
		run     fdatasync       EIO ENOSPC
		run     rename          ENOSPC
		run     renameat        ENOSPC
		run     epoll_create1   EMFILE ENOMEM
		run     epoll_ctl       ENOMEM ENOSPC
		run     pipe2*          EMFILE ENFILE
		run     socketpair      EMFILE ENOMEM
		run     eventfd2        EMFILE
		run     signalfd4       EMFILE ENOMEM
		run     timerfd_create  EMFILE ENOMEM
		run     pidfd_open      EMFILE ENOMEM
		run     sendto          ENOBUFS ENOMEM
		run     sendmsg*        ENOBUFS ENOMEM
		run     recvmsg         ENOMEM ENOBUFS
		run     ioctl           ENOMEM
		run     setsockopt      ENOMEM ENOBUFS
		run     bind            ENOMEM
		run     read            EIO ENOMEM
		run     ptrace          EIO
		run     prctl           EINVAL
		run     dup             EMFILE
		run     dup3            EMFILE
		run     flock           ENOLCK
		run     fcntl           EMFILE ENOLCK
		report  openat*         EMFILE ENOMEM
		report  mmap            ENOMEM
		report  read            EIO
		report  write           ENOSPC EIO
		page    openat          EMFILE ENOSPC
		page    write*          ENOSPC EIO
		page    rename          ENOSPC EIO
		page    fsync           EIO
		ctl     socket*         EMFILE ENOMEM
		ctl     connect         EAGAIN ENOMEM
		ctl     write           ENOSPC
		ctl     sendto          ENOBUFS
		ctl     read            EIO
		submit  openat          EMFILE ENOMEM EIO
		submit  write*          EPIPE
		service openat          EMFILE ENOMEM ENOSPC
		service write           ENOSPC EIO
		service fsync*          EIO ENOSPC
		service renameat*       ENOSPC EIO
		service unlinkat        EIO
		service mkdirat         ENOSPC
		service socket          EMFILE ENOMEM
		service bind            ENOMEM
		service listen          ENOMEM
		service accept4         EMFILE ENOMEM
		service epoll_create1   EMFILE
		service epoll_ctl       ENOMEM ENOSPC
		service inotify_init1   EMFILE
		service inotify_add_watch ENOSPC ENOMEM
		service signalfd4       EMFILE
		service clone           EAGAIN ENOMEM
		service clone3          EAGAIN ENOMEM
		service vfork           EAGAIN ENOMEM
		service pipe2           EMFILE
		service socketpair      EMFILE
		service pidfd_open      EMFILE
		service mmap            ENOMEM
		service getdents64      ENOMEM EIO
	ROWS
}

# --- the subjects: command lines, each with what is looked at afterwards ---

configure() {
	printf '%s\n' "state_folder: $PWD/state" "spool_folder: $PWD/spool" "socket: $PWD/control" >dadraced.yaml
}
answers() { "$dadrace" ctl --socket "$PWD/control" version >/dev/null 2>&1; }

command_of() { # SUBJECT: into $command
	case $1 in
	run) command=("$dadrace" run quick.yaml --set stop.trials=4 --out injected) ;;
	report) command=("$dadrace" report own) ;;
	page) command=("$dadrace" report own -o page.html) ;;
	ctl) command=("$dadrace" ctl --socket "$PWD/control" list) ;;
	submit) command=("$dadrace" ctl --socket "$PWD/control" submit quick.yaml --not-before +1h) ;;
	service) command=("$dadraced" --config dadraced.yaml) ;;
	esac
}

# Under strace with ARGUMENTs: exit code in $code, streams in out and err.
traced() { # SUBJECT ARGUMENT...
	local subject=$1
	shift
	command_of "$subject"
	rm -rf injected page.html
	if [ "$subject" = service ]; then
		traced_service "$@"
		return
	fi
	timeout -k 5 "$RUN_DEADLINE_S" strace -f -qq "$@" "${command[@]}" >out 2>err </dev/null
	code=$?
}

# It runs one campaign, from the spool; ended when that is done, or cannot be.
traced_service() { # ARGUMENT...
	rm -rf state spool && mkdir spool && cp four.yaml spool/
	strace -f -qq "$@" "${command[@]}" >out 2>err </dev/null &
	local tracer=$!
	wait_for "$RUN_DEADLINE_S" eval "has_settled || is_gone $tracer"
	pkill -TERM -P $tracer
	wait_for "$RUN_DEADLINE_S" is_gone $tracer || { fail "$1" "it does not end" err; pkill -KILL -P $tracer; }
	wait $tracer
	code=$?
}
has_settled() {
	[ -n "$(find state -name summary.json 2>/dev/null)" ] || [ -e spool/rejected/four.yaml ] || grep -q 'failed' err
}
is_kept() { [ -e spool/four.yaml ] || [ -e spool/rejected/four.yaml ] || [ -n "$(find state -name 'campaign.yaml' 2>/dev/null)" ]; }

sentences() { grep -cE '^dadraced?: ' err; }

same_output() { # SUBJECT
	case $1 in
	run) grep -q '^  "verdict": "clean"' injected/summary.json ;;
	page) cmp -s page.html page.reference ;;
	submit) [ "$(wc -l <out)" -eq 1 ] ;; # identifiers differ
	service) return 0 ;; # the campaign is kept, as judge() looks
	*) cmp -s out "$1.reference" ;;
	esac
}

# What is wrong with how it ended; nothing when it is right.
judge() { # SUBJECT ERROR
	case "$code $1 $2" in
	"0 "*) same_output "$1" || echo "exit 0, with another output" ;;
	"3 run "*) grep -q '^  "verdict": "inconclusive"' injected/summary.json || echo "exit 3, without a verdict" ;;
	"70 service "* | "78 service EIO") ;;
	"70 "* | "78 "*" EIO") [ "$(sentences)" -eq 1 ] || echo "$(sentences) sentences" ;;
	"127 "*) grep -q "error while loading shared libraries" err || echo "exit $code" ;; # by ld.so, before main()
	*) echo "exit $code" ;;
	esac
	! grep -qE 'AddressSanitizer|runtime error|Assertion' err || echo "a sanitizer speaks"
	[ "$1" != service ] || is_kept || echo "the campaign is lost"
	wait_for "$GONE_DEADLINE_S" none_left || leftovers
}

# --- one after the other ---

cp quick.yaml four.yaml
sed -i 's/trials: 12/trials: 4/' four.yaml
run own quick --set stop.trials=1 --set bringup.kind=command \
	--set "bringup.command=[/usr/bin/python3, $live/holder.py, '{dut}', '1', '1']"
configure
declare -A counted
count() { # SUBJECT: how often a thread of it calls what, at most, into $counts
	[ -z "${counted[$1]:-}" ] || return 0
	traced "$1" -o trace
	[ $code -eq 0 ] || [ $code -eq 3 ] || fail "$1" "it does not work without injections: exit $code" err out
	cp out "$1.reference"
	[ ! -e page.html ] || cp page.html page.reference
	counted[$1]=$(awk '{ sub(/\(.*/, "", $2); n[$1 " " $2]++ }
		END { for (k in n) { split(k, p, " "); if (n[k] > m[p[2]]) m[p[2]] = n[k] } for (c in m) print c, m[c] }' trace)
}
service=
serve() { # for what needs one that works
	[ -z "$service" ] || return 0
	mkdir -p spool
	"$dadraced" --config dadraced.yaml 2>service.log &
	service=$!
	wait_for 30 answers || fail service "it does not answer" service.log
	"$dadrace" ctl --socket "$PWD/control" submit quick.yaml --not-before +1h >listed # for `ctl list`
}
unserve() {
	[ -n "$service" ] || return 0
	kill $service
	await service $service
	service=
}
# The service that works is none of the leftovers.
processes() { grep -ls '^dadrace' /proc/[0-9]*/comm | cut -d / -f 3 | grep -vx "${service:-none}"; }

total=0
inject() { # SUBJECT CALL ERROR POSITION
	local what="$1 $2 $3 at $4" wrong
	[ "$2 ${4%+}" != 'mmap 1' ] || return 0 # ld.so's own
	[ "$2" != mmap ] || ! $is_sanitized || return 0 # the sanitizer's own end the process
	[[ $what =~ $ONLY ]] || return 0
	traced "$1" -o /dev/null -e "trace=$2" -e "inject=$2:error=$3:when=$4"
	total=$((total + 1))
	wrong=$(judge "$1" "$3" | tr '\n' ';')
	printf '%-8s %-18s %-8s %5s  %3s  %s\n' "$1" "$2" "$3" "$4" "$code" \
		"${wrong:+WRONG: $wrong }$(grep -E '^dadraced?: ' err | tail -n 1 | cut -c 1-150)"
	[ -z "$wrong" ] || fail "$what" "$wrong" err
}
positions() { # COUNT SUBJECT; N+: that one and all that follow, which the service would wait out
	if [ "${MATRIX:-}" = full ]; then
		printf '%s\n' 1 $((($1 + 1) / 2)) "$1" | sort -nu
		[ "$2" = service ] || echo $((($1 + 1) / 2))+
	else
		echo $((($1 + 1) / 2))
	fi
}

printf '%-8s %-18s %-8s %5s %4s  %s\n' subject call error nth exit says
while read -r subject call errors; do
	[ "${MATRIX:-}" = full ] || [[ $call == *\* ]] || continue
	call=${call%\*}
	[ "${MATRIX:-}" = full ] || errors=${errors%% *}
	[[ "$subject $call $errors" =~ ${ONLY%% at*} ]] || continue
	case $subject in ctl | submit) serve ;; service) unserve ;; esac
	count "$subject"
	n=$(awk -v call="$call" '$1 == call { print $2 }' <<<"${counted[$subject]}")
	[ -n "$n" ] || continue # this build or C library does not call it
	for error in $errors; do
		for position in $(positions "$n" "$subject"); do
			inject "$subject" "$call" "$error" "$position"
		done
	done
done < <(table)
unserve
echo "$total failures injected, ${#failures[@]} wrong"
finish
