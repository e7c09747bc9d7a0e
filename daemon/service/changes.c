// SPDX-License-Identifier: GPL-2.0-or-later
#include "service/changes.h"
#include "service/parts.h"

void changes_campaign(struct kept *kept)
{
	const struct listeners *listeners = kept->service->listeners;

	for (int i = 0; listeners->campaign[i]; i++)
		listeners->campaign[i](kept->service, kept);
}

void changes_schedule(struct service *service)
{
	service->listeners->schedule(service);
}

int changes_reload(struct service *service, const char **restart, struct why *why)
{
	return service->listeners->reload(service, restart, why);
}
