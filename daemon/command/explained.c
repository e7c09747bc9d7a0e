// SPDX-License-Identifier: GPL-2.0-or-later
#include "command/explained.h"

#include "memory/memory.h"
#include "who/look.h"

_Static_assert((int)EXPLAINED_MAX == (int)ACCOUNTS_MAX, "each account has its place");

int explained_find(uint32_t netns, struct explained list[EXPLAINED_MAX], uint32_t *nr,
		   struct why *why)
{
	struct account accounts[ACCOUNTS_MAX];
	struct memory *memory = NULL;
	int err = memory_open(&memory, why);

	*nr = 0;
	if (!err)
		err = look_accounts(memory_image(memory), netns, accounts, nr, why);
	for (uint32_t i = 0; !err && i < *nr; i++) {
		list[i] = (struct explained){
			accounts[i].device.ifindex,
			accounts[i].device.count,
			accounts[i].initial + accounts[i].registered + accounts[i].explained,
		};
		account_clear(&accounts[i]);
	}
	memory_close(memory);
	return err;
}
