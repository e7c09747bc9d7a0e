// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Puts a known bug into a stock kernel: insmod dadrace_plant.ko bug=NAME. `modinfo` lists the
 * names. It knows nothing of who looks for the bug.
 */
#include <linux/module.h>

#include "plant.h"

static char *bug = "";
module_param(bug, charp, 0444);
MODULE_PARM_DESC(bug, "name of the bug to plant");

static int __init plant_init(void)
{
	const struct bug *found = bug_find(bug);

	if (!found) {
		pr_err("dadrace_plant: no bug \"%s\"\n", bug);
		return -EINVAL;
	}
	return moments_watch(found);
}

static void __exit plant_exit(void)
{
	moments_forget();
	bugs_wait();
}

module_init(plant_init);
module_exit(plant_exit);
MODULE_DESCRIPTION("Plants a known bug for the tests of dadrace");
MODULE_LICENSE("GPL");
