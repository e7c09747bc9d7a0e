// SPDX-License-Identifier: GPL-2.0-or-later
#include "change/request.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "base/fd.h"

static unsigned char *end_of(struct request *request)
{
	return (unsigned char *)request + NLMSG_ALIGN(request->head.nlmsg_len);
}

void *request_append(struct request *request, const void *value, size_t bytes)
{
	void *at = end_of(request);

	memcpy(at, value, bytes);
	request->head.nlmsg_len = NLMSG_ALIGN(request->head.nlmsg_len) + (uint32_t)bytes;
	return at;
}

void request_begin(struct request *request, uint16_t type, uint16_t flags, const void *start,
		   size_t bytes)
{
	*request = (struct request){ .head = { .nlmsg_len = NLMSG_HDRLEN,
					       .nlmsg_type = type,
					       .nlmsg_flags = NLM_F_REQUEST | flags } };
	request_append(request, start, bytes);
}

struct rtattr *request_put(struct request *request, uint16_t type, const void *value,
			   size_t bytes)
{
	struct rtattr attribute = { .rta_len = (uint16_t)RTA_LENGTH(bytes), .rta_type = type };
	struct rtattr *at = request_append(request, &attribute, sizeof(attribute));

	if (bytes)
		request_append(request, value, bytes);
	return at;
}

void request_end(struct request *request, struct rtattr *nested)
{
	nested->rta_len = (uint16_t)(end_of(request) - (unsigned char *)nested);
	request->head.nlmsg_len = NLMSG_ALIGN(request->head.nlmsg_len); /* to where it ends */
}

int request_send(struct request *request)
{
	AUTO_FD int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		unsigned char rest[4096];
	} answer;
	ssize_t bytes;

	request->head.nlmsg_flags |= NLM_F_ACK;
	if (fd < 0 || sendto(fd, request, request->head.nlmsg_len, 0,
			     (struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return -errno;
	do { /* what was asked for comes before the acknowledgement */
		bytes = recv(fd, &answer, sizeof(answer), 0);
	} while (bytes > 0 && answer.head.nlmsg_type != NLMSG_ERROR);
	return bytes <= 0 ? -errno : answer.error.error;
}
