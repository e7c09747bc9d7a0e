// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "service/parts.h"
#include "spec/campaign.h"

enum {
	CLIENTS_MAX = 64,
	CLIENTS_OF_USER_MAX = 16, /* of one user other than root */
	CLIENTS_OF_ROOT = 16,	  /* reserved for root */
	DEADLINE_S = 30,	  /* to complete a message, and to begin the next one */
	GROUPS_MAX = 256,	  /* of a client */
	SUBMIT_SETS_MAX = 64,
	FOLLOW_MS = 250, /* lines of this time are sent to followers together */
	BURST = 4,	 /* batches to one client before the others get theirs */
	TEXT_MAX = 255,	 /* bytes of what is passed on to a program */
};

#define WHO_SECONDS "50" /* clients wait for a minute by default */

/* What a client may do; each right includes those before it. */
enum right {
	MAY_NOTHING,
	MAY_READ,
	MAY_CONTROL,
};

/* A program that answers clients; all that await it get the same reply. */
struct asked {
	struct control *control;
	struct job *job; /* NULL: it does not run */
};

struct client {
	struct control *control;
	struct client *next;
	struct stream *stream;
	uid_t uid;
	pid_t pid;
	enum right right;
	struct kept *follows; /* NULL: nothing */
	uint64_t at;	      /* in its results */
	bool brief;
	bool behind;		    /* lines are left to send when the buffer has drained */
	const struct asked *awaits; /* NULL: nothing */
	bool oneway;		    /* of the current call */
};

struct control {
	struct service *service;
	struct stream_listener *listener;
	struct client *clients;
	struct asked doctor, who;
	struct loop_watch *tell; /* tells followers that results have grown */
	bool is_set;		 /* the timer */
	char *path;		 /* of the socket that is open */
	bool everyone_reads;
	bool have_group, have_readers;
	gid_t group, readers;
};

/* --- clients --- */

static void unfollow(struct client *client)
{
	struct kept *kept = client->follows;

	client->follows = NULL;
	kept->service->followers--;
	if (--kept->followers)
		return;
	for (int i = 0; i < 2; i++) {
		batch_drop(kept->batches[i]);
		kept->batches[i] = NULL;
	}
}

static void drop_client(struct client *client)
{
	struct client **to = &client->control->clients;

	while (*to != client)
		to = &(*to)->next;
	*to = client->next;
	if (client->follows)
		unfollow(client);
	stream_free(client->stream);
	free(client);
}

static void gone(void *arg)
{
	drop_client(arg);
}

/* Sends a malloc'd text, and frees it. */
static void send_text(struct client *client, char *text, size_t length)
{
	if (text && !client->oneway)
		stream_send(client->stream, text, length);
	free(text);
}

static void reply(struct client *client, json_t *parameters)
{
	size_t length = 0;
	char *text = varlink_reply(parameters, false, &length);

	send_text(client, text, length);
}

static void refuse(struct client *client, const char *error, json_t *parameters)
{
	size_t length = 0;
	char *text = varlink_error(error, parameters, &length);

	send_text(client, text, length);
}

#define OUR(error)	VARLINK_INTERFACE "." error
#define SERVICES(error) VARLINK_SERVICE "." error

static void refuse_parameter(struct client *client, const char *name)
{
	refuse(client, SERVICES("InvalidParameter"), json_pack("{ss}", "parameter", name));
}

static void refuse_why(struct client *client, const char *error, const char *why)
{
	refuse(client, error, json_pack("{ss}", "reason", why));
}

/* --- following --- */

static void end_follow(struct client *client)
{
	reply(client, json_pack("{sn sI so}", "line", "next", (json_int_t)client->at,
				"campaign", keep_to_json(client->follows)));
	unfollow(client);
	stream_patient(client->stream, false);
	stream_next(client->stream);
}

/*
 * The lines after the place of the client; the last batch is used again for the next client at
 * the same place.
 */
static struct batch *batch_for(const struct client *client)
{
	struct kept *kept = client->follows;
	struct batch **last = &kept->batches[client->brief];
	const struct batch_ask ask = { .from = client->at,
				       .brief = client->brief,
				       .is_over = kept->ticket.state == TICKET_ENDED };
	struct store_path path;

	if (*last && (*last)->from == ask.from)
		return *last;
	batch_drop(*last);
	path = store_path(kept->service->store, kept->ticket.id, RESULTS_FILE);
	*last = batch_read(path.text, &ask);
	return *last;
}

/* Sends what the client takes now; drained() continues. */
static void follow_on(struct client *client)
{
	client->behind = true;
	for (int i = 0; i < BURST && stream_waiting(client->stream) <= WAITING_MAX; i++) {
		struct batch *batch = batch_for(client);

		if (!batch) {
			client->behind = false;
			if (client->follows->ticket.state == TICKET_ENDED)
				end_follow(client);
			return;
		}
		client->at = batch->to;
		stream_send_shared(client->stream, batch->text, batch->length, batch_drop,
				   batch_hold(batch));
	}
}

static void drained(void *arg)
{
	struct client *client = arg;

	if (client->follows && client->behind)
		follow_on(client);
}

static void tell_followers(void *arg)
{
	struct control *control = arg;

	control->is_set = false;
	for (struct client *client = control->clients, *next; client; client = next) {
		next = client->next;
		if (!client->follows || !client->follows->unsent || client->behind)
			continue;
		if (stream_waiting(client->stream))
			client->behind = true;
		else
			follow_on(client);
	}
	for (struct client *client = control->clients; client; client = client->next)
		if (client->follows)
			client->follows->unsent = false;
}

void control_changed(struct service *service, struct kept *kept)
{
	struct control *control = service->control;

	if (!control || !kept->followers)
		return;
	kept->unsent = true;
	if (control->is_set)
		return;
	control->is_set = true;
	loop_timer_set(control->tell, loop_now() + FOLLOW_MS * 1000000ULL);
}

/* --- methods --- */

static void get_info(struct client *client, const struct varlink_call *call)
{
	(void)call;
	reply(client, json_pack("{ss ss ss ss s[ss]}", "vendor", "dadrace", "product",
				"dadraced", "version", DADRACE_VERSION, "url", "", "interfaces",
				VARLINK_SERVICE, VARLINK_INTERFACE));
}

static void get_description(struct client *client, const struct varlink_call *call)
{
	const char *interface = NULL, *wrong = "interface";

	if (!varlink_text(call, "interface", &interface, &wrong) || !interface)
		refuse_parameter(client, wrong);
	else if (!strcmp(interface, VARLINK_INTERFACE))
		reply(client, json_pack("{ss}", "description", varlink_description));
	else if (!strcmp(interface, VARLINK_SERVICE))
		reply(client, json_pack("{ss}", "description", varlink_service_description));
	else
		refuse(client, SERVICES("InterfaceNotFound"),
		       json_pack("{ss}", "interface", interface));
}

static void version(struct client *client, const struct varlink_call *call)
{
	(void)call;
	reply(client, json_pack("{ss}", "version", DADRACE_VERSION));
}

static void submit(struct client *client, const struct varlink_call *call)
{
	struct service *service = client->control->service;
	struct submission ask = { .priority = INT64_MIN,
				  .not_before = INT64_MIN,
				  .every_s = INT64_MIN };
	const char *wrong = "campaign", *sets[SUBMIT_SETS_MAX];
	struct kept *kept;
	char by[64];
	struct why why;
	int r;

	ask.sets = sets;
	if (!varlink_text(call, "campaign", &ask.text, &wrong) ||
	    !varlink_text(call, "file", &ask.file, &wrong) ||
	    !varlink_texts(call, "set", sets, SUBMIT_SETS_MAX, &ask.nr_sets, &wrong) ||
	    !varlink_number(call, "priority", -SUBMIT_PRIORITY_MOST, SUBMIT_PRIORITY_MOST,
			    &ask.priority, &wrong) ||
	    !varlink_number(call, "not_before", 0, UINT32_MAX, &ask.not_before, &wrong) ||
	    !varlink_number(call, "every", SUBMIT_EVERY_LEAST_S, UINT32_MAX, &ask.every_s,
			    &wrong) ||
	    !ask.text) {
		refuse_parameter(client, wrong);
		return;
	}
	snprintf(by, sizeof(by), "user %u, process %d", client->uid, client->pid);
	ask.by = by;
	r = keep_submit(service, &ask, &kept, &why);
	if (!r)
		reply(client, json_pack("{ss}", "id", kept->ticket.id));
	else if (r == -EINVAL)
		refuse_why(client, OUR("CampaignInvalid"), why.text);
	else if (r == -EBUSY)
		refuse(client, OUR("QueueFull"),
		       json_pack("{si}", "limit", (int)service->config->queue_max));
	else
		refuse_why(client, OUR("Failed"), why.text);
	changes_schedule(service);
}

static void list(struct client *client, const struct varlink_call *call)
{
	const struct service *service = client->control->service;
	int64_t after = 0, limit = LIST_MAX;
	const char *wrong = "after";
	struct kept_part part;
	json_t *campaigns;

	if (!varlink_number(call, "after", 0, INT64_MAX, &after, &wrong) ||
	    !varlink_number(call, "limit", 1, LIST_MAX, &limit, &wrong)) {
		refuse_parameter(client, wrong);
		return;
	}
	campaigns = json_array();
	part = keep_part(service, (uint64_t)after, (uint32_t)limit);
	for (uint32_t i = 0; i < part.nr; i++)
		json_array_append_new(campaigns, keep_to_json(part.first[i]));
	reply(client, json_pack("{so sI sb}", "campaigns", campaigns, "next",
				(json_int_t)part.next, "more", part.more));
}

/* The campaign that `id` names; NULL: refused. */
static struct kept *named(struct client *client, const struct varlink_call *call)
{
	const char *id = NULL, *wrong = "id";
	struct kept *kept;

	if (!varlink_text(call, "id", &id, &wrong) || !id) {
		refuse_parameter(client, wrong);
		return NULL;
	}
	kept = keep_find(client->control->service, id);
	if (!kept)
		refuse(client, OUR("NotFound"), json_pack("{ss}", "id", id));
	return kept;
}

static void show(struct client *client, const struct varlink_call *call)
{
	struct kept *kept = named(client, call);
	json_t *summary;
	char *text;
	bool final;

	if (!kept)
		return;
	text = store_read(client->control->service->store, kept->ticket.id, "campaign.yaml");
	summary = keep_summary(kept, &final);
	reply(client, json_pack("{so ss so}", "campaign", keep_to_json(kept), "text",
				text ? text : "", "summary", summary ? summary : json_null()));
	free(text);
}

static void results(struct client *client, const struct varlink_call *call)
{
	struct kept *kept = named(client, call);
	const char *wrong = "after";
	struct store_path folder;
	char *lines, *text = NULL;
	int64_t after = 0;
	uint64_t next;
	bool more;
	int n;

	if (!kept)
		return;
	if (!varlink_number(call, "after", 0, INT64_MAX, &after, &wrong)) {
		refuse_parameter(client, wrong);
		return;
	}
	folder = store_path(client->control->service->store, kept->ticket.id, NULL);
	lines = keep_lines(kept, (uint64_t)after, false, &next, &more);
	/*
	 * The lines are JSON already; the path of the folder is root's, and its last part needs
	 * no escape.
	 */
	n = lines ? asprintf(&text,
			     "{\"parameters\":{\"folder\":\"%s\",\"lines\":[%s],\"next\":%llu,"
			     "\"more\":%s}}",
			     folder.text, lines, (unsigned long long)next,
			     more ? "true" : "false") :
		    -1;
	free(lines);
	send_text(client, n < 0 ? NULL : text, (size_t)n + 1);
}

static void follow(struct client *client, const struct varlink_call *call)
{
	struct kept *kept;
	const char *wrong = "after";
	int64_t after = 0;
	bool brief = false;

	if (!call->more || call->oneway) {
		refuse(client, SERVICES("ExpectedMore"), json_object());
		return;
	}
	kept = named(client, call);
	if (!kept)
		return;
	if (!varlink_number(call, "after", 0, INT64_MAX, &after, &wrong) ||
	    !varlink_flag(call, "brief", &brief, &wrong)) {
		refuse_parameter(client, wrong);
		return;
	}
	client->at = (uint64_t)after;
	client->brief = brief;
	client->follows = kept;
	kept->followers++;
	kept->service->followers++;
	stream_patient(client->stream, true);
	follow_on(client);
}

static void wrong_state(struct client *client, const struct kept *kept, const char *reason)
{
	refuse(client, OUR("WrongState"),
	       json_pack("{ss ss ss}", "id", kept->ticket.id, "state",
			 ticket_state_names[kept->ticket.state], "reason", reason));
}

/* The same, of a campaign that has not ended. */
static struct kept *named_alive(struct client *client, const struct varlink_call *call)
{
	struct kept *kept = named(client, call);

	if (!kept || kept->ticket.state != TICKET_ENDED)
		return kept;
	wrong_state(client, kept, "the campaign has ended");
	return NULL;
}

static void cancel(struct client *client, const struct varlink_call *call)
{
	struct service *service = client->control->service;
	struct kept *kept = named_alive(client, call);

	if (!kept)
		return;
	kept->ticket.cancelled = true;
	if (kept->ticket.state == TICKET_RUNNING) {
		keep_update(kept);
		run_interrupt(service);
	} else {
		ticket_end(&kept->ticket, EXIT_INCONCLUSIVE, "cancelled", unix_ms());
		keep_ended(kept);
	}
	reply(client, json_object());
	changes_schedule(service);
}

static void pause_campaign(struct client *client, const struct varlink_call *call)
{
	struct service *service = client->control->service;
	struct kept *kept = named_alive(client, call);

	if (!kept)
		return;
	if (kept->ticket.state == TICKET_RUNNING) {
		service->run.pause = true;
		run_interrupt(service);
	} else {
		kept->ticket.state = TICKET_PAUSED;
		keep_update(kept);
	}
	reply(client, json_object());
}

static void resume(struct client *client, const struct varlink_call *call)
{
	struct service *service = client->control->service;
	struct kept *kept = named(client, call);

	if (!kept)
		return;
	if (kept->ticket.state == TICKET_RUNNING && service->run.pause) {
		service->run.pause = false; /* it is queued again when this run ends */
	} else if (kept->ticket.state == TICKET_PAUSED) {
		kept->ticket.state = TICKET_QUEUED;
		kept->ticket.retry_unix_ms = 0;
		keep_update(kept);
	} else if (kept->ticket.state == TICKET_QUEUED && kept->ticket.retry_unix_ms) {
		kept->ticket.retry_unix_ms = 0; /* at once */
		keep_update(kept);
	} else {
		wrong_state(client, kept, "the campaign is not paused");
		return;
	}
	reply(client, json_object());
	changes_schedule(service);
}

static void reload(struct client *client, const struct varlink_call *call)
{
	const char *restart;
	struct why why;

	(void)call;
	if (changes_reload(client->control->service, &restart, &why))
		refuse_why(client, OUR("ConfigInvalid"), why.text);
	else
		reply(client, json_pack("{ss?}", "restart", restart));
}

static void answered(const struct job_end *end, void *arg)
{
	struct asked *asked = arg;

	asked->job = NULL;
	for (struct client *client = asked->control->clients; client; client = client->next) {
		if (client->awaits != asked)
			continue;
		client->awaits = NULL;
		reply(client,
		      json_pack("{si ss}", "exit_code",
				end->by_signal ? EXIT_INTERNAL : end->code, "text", end->said));
		stream_patient(client->stream, false);
		stream_next(client->stream);
	}
}

/* Replies when the program has ended; it is started unless it runs already. */
static void ask(struct client *client, const struct varlink_call *call, struct asked *asked,
		const char *const *argv)
{
	struct why why;

	if (!asked->job && job_start(client->control->service->loop, argv, answered, asked,
				     &asked->job, &why)) {
		refuse_why(client, OUR("Failed"), why.text);
		return;
	}
	if (call->oneway)
		return;
	client->awaits = asked;
	stream_patient(client->stream, true);
}

static void doctor(struct client *client, const struct varlink_call *call)
{
	struct control *control = client->control;
	const char *argv[] = { control->service->ask->program, "doctor", NULL };

	ask(client, call, &control->doctor, argv);
}

/* A text that is passed on to a program; false: refused. */
static bool passed_on(struct client *client, const struct varlink_call *call, const char *name,
		      const char **text)
{
	const char *wrong = name;

	if (varlink_text(call, name, text, &wrong) && (!*text || strlen(*text) <= TEXT_MAX))
		return true;
	refuse_parameter(client, wrong);
	return false;
}

/* One at a time: what it answers is of one device, and reading all memory takes a CPU. */
static void who(struct client *client, const struct varlink_call *call)
{
	struct control *control = client->control;
	const char *device = NULL, *netns = NULL, *object = NULL, *wrong = "all";
	char of_netns[TEXT_MAX + 16], of_object[TEXT_MAX + 16];
	const char *argv[10] = { control->service->ask->program, "who", "--max-seconds",
				 WHO_SECONDS };
	uint32_t nr = 4;
	bool all = false;

	if (!passed_on(client, call, "device", &device) ||
	    !passed_on(client, call, "netns", &netns) ||
	    !passed_on(client, call, "object", &object))
		return;
	if (!varlink_flag(call, "all", &all, &wrong)) {
		refuse_parameter(client, wrong);
		return;
	}
	if (control->who.job) {
		refuse_why(client, OUR("Busy"),
			   "who: the service answers another such question; ask again");
		return;
	}
	snprintf(of_netns, sizeof(of_netns), "--netns=%s", netns ? netns : "");
	snprintf(of_object, sizeof(of_object), "--object=%s", object ? object : "");
	if (netns)
		argv[nr++] = of_netns;
	if (object)
		argv[nr++] = of_object;
	if (all)
		argv[nr++] = "--all";
	argv[nr++] = device ? "--" : "--stuck";
	argv[nr++] = device;
	ask(client, call, &control->who, argv);
}

/* clang-format off */
static const struct {
	const char *name;
	enum right right;
	void (*run)(struct client *client, const struct varlink_call *call);
} methods[] = {
	{ SERVICES("GetInfo"),		      MAY_NOTHING, get_info },
	{ SERVICES("GetInterfaceDescription"), MAY_NOTHING, get_description },
	{ OUR("Version"), MAY_NOTHING, version },
	{ OUR("List"),	  MAY_READ,    list },
	{ OUR("Show"),	  MAY_READ,    show },
	{ OUR("Results"), MAY_READ,    results },
	{ OUR("Follow"),  MAY_READ,    follow },
	{ OUR("Submit"),  MAY_CONTROL, submit },
	{ OUR("Cancel"),  MAY_CONTROL, cancel },
	{ OUR("Pause"),	  MAY_CONTROL, pause_campaign },
	{ OUR("Resume"),  MAY_CONTROL, resume },
	{ OUR("Reload"),  MAY_CONTROL, reload },
	{ OUR("Doctor"),  MAY_CONTROL, doctor },
	{ OUR("Who"),	  MAY_CONTROL, who },
};
/* clang-format on */
enum { NR_METHODS = sizeof(methods) / sizeof(methods[0]) };

/* The method's name comes after the last dot. */
static const char *interface_end(const char *method)
{
	const char *dot = strrchr(method, '.');

	return dot ? dot : method + strlen(method);
}

static bool is_ours(const char *method)
{
	size_t length = (size_t)(interface_end(method) - method);

	for (int i = 0; i < NR_METHODS; i++)
		if ((size_t)(interface_end(methods[i].name) - methods[i].name) == length &&
		    !strncmp(methods[i].name, method, length))
			return true;
	return false;
}

static void dispatch(struct client *client, const struct varlink_call *call)
{
	for (int i = 0; i < NR_METHODS; i++) {
		if (strcmp(methods[i].name, call->method) != 0)
			continue;
		if (client->right >= methods[i].right)
			methods[i].run(client, call);
		else
			refuse(client, SERVICES("PermissionDenied"), json_object());
		return;
	}
	if (is_ours(call->method))
		refuse(client, SERVICES("MethodNotFound"),
		       json_pack("{ss}", "method", call->method));
	else
		refuse(client, SERVICES("InterfaceNotFound"),
		       json_pack("{ss%}", "interface", call->method,
				 (size_t)(interface_end(call->method) - call->method)));
}

static void message(char *text, size_t length, void *arg)
{
	struct client *client = arg;
	struct varlink_call call;

	if (varlink_call_read(text, length, &call)) {
		drop_client(client); /* Varlink defines no reply to an invalid message */
		return;
	}
	client->oneway = call.oneway;
	dispatch(client, &call);
	client->oneway = false;
	varlink_call_drop(&call);
	if (!client->follows && !client->awaits)
		stream_next(client->stream);
}

/* --- rights --- */

static bool has_group(int fd, const struct ucred *peer, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t size = sizeof(groups);

	if (peer->gid == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size))
		return false;
	for (size_t i = 0; i < size / sizeof(gid_t); i++)
		if (groups[i] == group)
			return true;
	return false;
}

static enum right right_of(const struct control *control, int fd, const struct ucred *peer)
{
	if (peer->uid == 0 || peer->uid == geteuid() ||
	    (control->have_group && has_group(fd, peer, control->group)))
		return MAY_CONTROL;
	if (control->everyone_reads ||
	    (control->have_readers && has_group(fd, peer, control->readers)))
		return MAY_READ;
	return MAY_NOTHING;
}

static bool has_room(const struct control *control, uid_t uid)
{
	uint32_t all = 0, others = 0, same = 0;

	for (const struct client *client = control->clients; client; client = client->next) {
		all++;
		others += client->uid != 0;
		same += client->uid == uid;
	}
	if (uid == 0)
		return all < CLIENTS_MAX;
	return others < CLIENTS_MAX - CLIENTS_OF_ROOT && same < CLIENTS_OF_USER_MAX;
}

static void accepted(int fd, void *arg)
{
	struct control *control = arg;
	struct client *client;
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) ||
	    !has_room(control, peer.uid)) {
		close(fd);
		return;
	}
	client = calloc(1, sizeof(*client));
	if (!client) {
		close(fd);
		return;
	}
	*client = (struct client){
		.control = control,
		.next = control->clients,
		.uid = peer.uid,
		.pid = peer.pid,
		.right = right_of(control, fd, &peer),
	};
	client->stream = stream_new(control->service->loop, fd,
				    &(struct stream_ask){
					    .message_max = VARLINK_MESSAGE_MAX,
					    .deadline_s = DEADLINE_S,
					    .message = message,
					    .drained = drained,
					    .gone = gone,
					    .arg = client,
				    });
	if (!client->stream) {
		free(client);
		return;
	}
	control->clients = client;
}

static void find_group(const char *name, bool *have, gid_t *group)
{
	const struct group *found = name ? getgrnam(name) : NULL;

	*have = found != NULL;
	if (found)
		*group = found->gr_gid;
}

static void close_socket(struct control *control)
{
	stream_listener_free(control->listener);
	if (control->path)
		unlink(control->path);
	free(control->path);
	control->listener = NULL;
	control->path = NULL;
}

/*
 * Every user may connect, so that a refusal is an error of Varlink; right_of() says what is
 * allowed.
 */
static int open_socket(struct control *control, const char *path, struct why *why)
{
	int fd = stream_unix(path, 0666, (gid_t)-1, why);
	struct control old = *control;

	if (fd < 0)
		return fd;
	control->path = strdup(path);
	control->listener = stream_listen(control->service->loop, fd, accepted, control);
	if (!control->path || !control->listener) {
		close_socket(control);
		control->path = old.path;
		control->listener = old.listener;
		return why_memory(why);
	}
	close_socket(&old);
	return 0;
}

static void take_groups(struct control *control, const struct service_config *config)
{
	control->everyone_reads = config->readers && !strcmp(config->readers, "everyone");
	find_group(config->group, &control->have_group, &control->group);
	find_group(control->everyone_reads ? NULL : config->readers, &control->have_readers,
		   &control->readers);
}

/* Clients of an earlier socket stay connected. */
int control_reload(struct service *service, const struct service_config *before,
		   struct why *why)
{
	const struct service_config *config = service->config;
	int r = 0;

	if (strcmp(before->socket, config->socket) != 0)
		r = open_socket(service->control, config->socket, why);
	if (!r)
		take_groups(service->control, config);
	return r;
}

int control_open(struct service *service, struct why *why)
{
	struct control *control = calloc(1, sizeof(*control));

	if (!control)
		return why_memory(why);
	service->control = control;
	control->service = service;
	control->doctor.control = control;
	control->who.control = control;
	control->tell = loop_timer(service->loop, tell_followers, control);
	if (!control->tell)
		return why_memory(why);
	take_groups(control, service->config);
	return open_socket(control, service->config->socket, why);
}

void control_close(struct service *service)
{
	struct control *control = service->control;

	if (!control)
		return;
	for (struct client *client = control->clients, *next; client; client = next) {
		next = client->next;
		drop_client(client);
	}
	close_socket(control);
	loop_forget(control->tell);
	job_free(control->doctor.job);
	job_free(control->who.job);
	free(control);
	service->control = NULL;
}
