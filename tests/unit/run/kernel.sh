# SPDX-License-Identifier: GPL-2.0-or-later

# All that is read of a kernel: the magic and the release of a bzImage (Documentation/arch/x86/boot.rst).
make_kernel() { # FILE
	/usr/bin/python3 - "$1" <<-'PYTHON'
		import sys
		image = bytearray(4096)
		image[0x202:0x206] = b"HdrS"
		image[0x20e:0x210] = (0x400).to_bytes(2, "little")
		image[0x600:0x605] = b"6.6.6"
		open(sys.argv[1], "wb").write(image)
	PYTHON
}
