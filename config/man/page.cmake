# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a man page without hyphenation, because options and names are copied from it:
# cmake -DTABLES=... -DSCDOC=... -DSOURCE=... -DPAGE=... -P page.cmake; -DEMULATOR=... runs what was cross-built
execute_process(COMMAND ${EMULATOR} ${TABLES} COMMAND ${SCDOC} COMMAND sed "/^[.]TH /a .nh"
	INPUT_FILE ${SOURCE} OUTPUT_FILE ${PAGE} ERROR_VARIABLE said RESULTS_VARIABLE ends)
if(NOT ends STREQUAL "0;0;0")
	file(REMOVE ${PAGE})
	message(FATAL_ERROR "${SOURCE}: ${said}")
endif()
