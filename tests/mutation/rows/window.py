# SPDX-License-Identifier: GPL-2.0-or-later
"""The window and its hooks: opened, held, closed, and told of."""

from subject import Subject

ROWS = [
    Subject("probes/table/flags.bpf.c", runs=["inbound"], edits=[
        ("		lane->closed = lane->trial;\n		report(lane, slot, RECORD_CLOSED, flags, pid, 0);",
         "		lane->closed = lane->trial;", "the end of the window is not reported"),
        ("	report(lane, slot, RECORD_FLAGS_ENTER, flags, pid, 0);\n", "", "a flag set that enters is not reported"),
        ("	report(lane, slot, RECORD_FLAGS_RETURN, ret, who.pid, 0);\n", "", "a flag set that returns is not reported"),
        ("	report(lane, slot, RECORD_OPENED, 0, who.pid, 0);\n", "", "the window's opening is not reported"),
        ("	if (lane->hold)\n		bpf_send_signal(SIGSTOP);", "	if (false)\n		bpf_send_signal(SIGSTOP);",
         "the bring-up is not stopped"),
        ("	if (ret < 0 || !(flags & IFF_UP) || lane->opened == lane->trial)",
         "	if (ret < 0 || (flags & IFF_UP) || lane->opened == lane->trial)", "the window opens at the wrong flag set"),
        ("#define SIOCSIFFLAGS 0x8914", "#define SIOCSIFFLAGS 0x8915", "another system call is hooked"),
    ]),
    Subject("probes/table/echo.bpf.c", runs=["inbound"], edits=[
        ("		report(lane, slot, RECORD_ECHO_IN,", "		report(lane, slot, RECORD_ECHO_OUT_DONE,",
         "a packet that arrives is reported as a send that returns"),
        ("	return label == echo_label(lane->lane, lane->trial, sequence) ? sequence : 0;",
         "	return label == echo_label(lane->lane, lane->trial + 1, sequence) ? sequence : 0;",
         "packets of another trial are taken for ours"),
    ]),
    Subject("probes/table/echo.bpf.c", runs=["outbound"], edits=[
        ("	report(lane, slot, RECORD_ECHO_OUT, 0, 0, sequence);", "	(void)sequence;",
         "a packet that is sent is not reported"),
        ("	if (id != __NR_sendto)", "	if (id != __NR_sendto + 1)", "another system call is hooked for sends"),
    ]),
    Subject("daemon/lane/worker_acts.c", runs=["inbound"], edits=[
        ("		kill(worker->held, SIGCONT);", "		kill(worker->held, 0);", "the bring-up is never released"),
    ]),
    Subject("daemon/lane/worker_opens.c", runs=["inbound"], edits=[
        ("e->opens_came ? e->spec.hold_us * 1000 : third_ns(worker)", "e->opens_came ? 0 : third_ns(worker)", "the window is released at once"),
    ]),
    Subject("daemon/trial/trial.c", tests=["trial"], edits=[
        ("	if (++t->looks < TRIAL_LOOKS) {", "	if (++t->looks < 1) {", "one look is enough for a leak"),
        ("	} else if (t->limits.may_unregister) {", "	} else if (true) {", "a device that is not ours is unregistered"),
        ("	{ TRIAL_CLOSING,    TRIAL_OVERTIME, TRIAL_SETTLING, stop_and_tear_down },",
         "	{ TRIAL_CLOSING,    TRIAL_OVERTIME, TRIAL_SETTLING, tear_down },",
         "a bring-up that takes too long is not stopped"),
        ("	{ TRIAL_OPEN,	    TRIAL_ENDED,    TRIAL_CLOSING,  close_window },",
         "	{ TRIAL_OPEN,	    TRIAL_ENDED,    TRIAL_SETTLING, tear_down },",
         "the window of a bring-up that sets the flags once is not closed"),
        ("	ask_deadline(t, t->limits.bring_up_us + t->limits.hold_us);", "	ask_deadline(t, t->limits.bring_up_us);",
         "the deadline leaves out the hold"),
    ]),
]
