# SPDX-License-Identifier: GPL-2.0-or-later

# What a bzImage begins with, as far as it is read (Documentation/arch/x86/boot.rst); AT=HEX is more of it.
image() { # FILE RELEASE [AT=HEX]...
	/usr/bin/python3 - "$@" <<-'PYTHON'
		import sys
		file, release, *patches = sys.argv[1:]
		image = bytearray(4096)
		image[0x202:0x206] = b"HdrS"
		image[0x206:0x208] = (0x20f).to_bytes(2, "little")
		image[0x20e:0x210] = (0x400).to_bytes(2, "little")
		image[0x236] = 1
		image[0x600:0x600 + len(release)] = release.encode()
		for patch in patches:
		    at, bytes_ = patch.split("=")
		    at, bytes_ = int(at, 16), bytes.fromhex(bytes_)
		    image[at:at + len(bytes_)] = bytes_
		open(file, "wb").write(image)
	PYTHON
}
