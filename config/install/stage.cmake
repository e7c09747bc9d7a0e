# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a package has otherwise than an installation: CPack runs this over the files before it packs them.

if(NOT CPACK_GENERATOR STREQUAL DEB)
	return()
endif()
find_program(GZIP gzip REQUIRED)
set(doc ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share/doc/dadrace)
file(COPY ${CMAKE_CURRENT_LIST_DIR}/deb/changelog DESTINATION ${doc})
execute_process(COMMAND ${GZIP} -9nf ${doc}/changelog COMMAND_ERROR_IS_FATAL ANY)
file(REMOVE ${doc}/LICENSE) # `copyright` refers to Debian's own copy
