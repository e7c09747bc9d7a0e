# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a C array of a file: cmake -DNAME=... -DINPUT=... -DOUTPUT=... -P embed.cmake
# Behind the last byte is a zero; NAME_length does not count it.
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
get_filename_component(file ${INPUT} NAME)
file(WRITE ${OUTPUT} "/* Generated: ${file}. */
static const unsigned char ${NAME}[] = {
${bytes}0 };
enum { ${NAME}_length = sizeof(${NAME}) - 1 };
")
