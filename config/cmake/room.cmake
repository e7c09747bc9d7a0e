# SPDX-License-Identifier: GPL-2.0-or-later
#
# room(NAME [SOURCE...] USES ROOM... [DOOR LIBRARY...]): a folder, made a library of every *.c in it, or of those named.
#
#   USES   rooms that stand already. Headers are seen as "ROOM/header.h" by the rooms that use ROOM and by no others,
#          so an include that runs up does not compile, and a circle of rooms does not configure.
#   DOOR   outside libraries that only this room may include.
#
# check.rooms shows both; check.layers looks at the objects, which could still call up by a declaration of their own.
function(room name)
	cmake_parse_arguments(arg "" "" "USES;DOOR" ${ARGN})
	foreach(use ${arg_USES})
		if(NOT TARGET ${use})
			message(FATAL_ERROR "${name} uses ${use}, which is no room above it in the top CMakeLists.txt")
		endif()
	endforeach()
	set(seen ${CMAKE_BINARY_DIR}/include/${name})
	file(MAKE_DIRECTORY ${seen})
	file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${seen}/${name} SYMBOLIC)
	set(sources ${arg_UNPARSED_ARGUMENTS})
	if(NOT sources)
		file(GLOB sources CONFIGURE_DEPENDS *.c)
		list(FILTER sources EXCLUDE REGEX "[.]bpf[.]c$") # those run in the kernel
	endif()
	if(sources)
		add_library(${name} STATIC ${sources})
		target_include_directories(${name} PUBLIC ${seen})
		target_link_libraries(${name} PUBLIC strict ${arg_USES} PRIVATE ${arg_DOOR})
	else()
		add_library(${name} INTERFACE)
		target_include_directories(${name} INTERFACE ${seen})
		target_link_libraries(${name} INTERFACE strict ${arg_USES})
	endif()
endfunction()
