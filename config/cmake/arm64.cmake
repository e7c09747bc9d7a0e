# SPDX-License-Identifier: GPL-2.0-or-later
#
# The toolchain of the preset arm64: Debian's cross-compiler, with the libraries of the foreign architecture. The build
# runs some of its own programs (for man pages and completion), and ctest its unit tests, by user-mode emulation.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
