# SPDX-License-Identifier: GPL-2.0-or-later
#
# bpf_skeleton(NAME SOURCE...): the programs that run in the kernel, compiled alone, linked into one object and made a
# skeleton: "NAME.skel.h" with struct NAME_bpf. The target NAME_skeleton is what must be made before it is included;
# its property FOLDER_OF_HEADER is where it lies.
# They are compiled for the architecture that CMake builds for, by the name that the kernel's build has for it; asm/ is
# in the folder of the architecture where one machine can have the headers of several (Debian).
set(bpf_architecture_x86_64 x86)
set(bpf_architecture_aarch64 arm64)
set(bpf_architecture ${bpf_architecture_${CMAKE_SYSTEM_PROCESSOR}})
function(bpf_skeleton name)
	set(objects)
	set(warnings -Wall)
	if(DADRACE_WERROR)
		list(APPEND warnings -Werror)
	endif()
	foreach(program ${ARGN})
		cmake_path(GET program STEM LAST_ONLY stem) # flags.bpf
		set(object ${CMAKE_CURRENT_BINARY_DIR}/${stem}.o)
		add_custom_command(OUTPUT ${object}
			COMMAND ${CLANG} -O2 -g ${warnings} -target bpf -mcpu=v2 -D__TARGET_ARCH_${bpf_architecture}
				-I${CMAKE_SOURCE_DIR}/probes -idirafter /usr/include/${CMAKE_LIBRARY_ARCHITECTURE} ${same_paths}
				-MD -MF ${object}.d -MT ${object}
				-c ${program} -o ${object}
			MAIN_DEPENDENCY ${program}
			DEPFILE ${object}.d
			COMMENT "Compiling ${stem}.c" VERBATIM)
		list(APPEND objects ${object})
	endforeach()
	set(folder ${CMAKE_CURRENT_BINARY_DIR}/skeleton)
	set(skeleton ${folder}/${name}.skel.h)
	add_custom_command(OUTPUT ${skeleton}
		COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
		COMMAND ${BPFTOOL} gen object skeleton/${name}.o ${objects}
		COMMAND ${CMAKE_COMMAND} -E echo "/* NOLINTBEGIN: generated */" > ${skeleton}
		COMMAND ${BPFTOOL} gen skeleton skeleton/${name}.o name ${name}_bpf >> ${skeleton}
		COMMAND ${CMAKE_COMMAND} -E echo "/* NOLINTEND */" >> ${skeleton}
		DEPENDS ${objects}
		COMMENT "Generating ${name}.skel.h" VERBATIM)
	add_custom_target(${name}_skeleton DEPENDS ${skeleton})
	set_target_properties(${name}_skeleton PROPERTIES FOLDER_OF_HEADER ${folder})
endfunction()

# uses_skeleton(ROOM NAME): the room's sources include NAME.skel.h.
function(uses_skeleton room name)
	add_dependencies(${room} ${name}_skeleton)
	get_target_property(folder ${name}_skeleton FOLDER_OF_HEADER)
	target_include_directories(${room} SYSTEM PRIVATE ${folder})
endfunction()
