/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_HASH_H
#define DADRACE_HASH_H

#include <stddef.h>
#include <stdint.h>

/*
 * FNV-1a, which needs no table and whose values are the same for ever. The first call has
 * HASH_START.
 */
#define HASH_START 0xcbf29ce484222325

static inline uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * 0x100000001b3;
	return hash;
}

/* The lowest byte first. */
static inline uint64_t hash_word(uint64_t hash, uint64_t word)
{
	for (int i = 0; i < 8; i++, word >>= 8)
		hash = (hash ^ (word & 0xff)) * 0x100000001b3;
	return hash;
}

#endif
