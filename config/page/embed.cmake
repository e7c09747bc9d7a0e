# SPDX-License-Identifier: GPL-2.0-or-later
# Makes a C array of a file: cmake -DINPUT=... -DOUTPUT=... -P embed.cmake
file(READ ${INPUT} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
string(REGEX REPLACE "(0x..,0x..,0x..,0x..,0x..,0x..,0x..,0x..,)" "\\1\n" bytes "${bytes}")
file(WRITE ${OUTPUT} "/* Generated: the page that dadraced serves. */
static const unsigned char page_html[] = {
${bytes}0 };
enum { page_html_length = sizeof(page_html) - 1 };
")
