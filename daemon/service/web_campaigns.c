// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "report/picture_of_line.h"
#include "service/parts.h"

#define SVG_TYPE "image/svg+xml"

enum { PROGRESS_MAX = 50 }; /* campaigns in one answer: the sums of each are read from disk */

static json_t *arm_to_json(const struct metrics *metrics, enum arm arm)
{
	json_t *verdicts = json_object();
	json_int_t trials = 0;

	for (int i = 0; i < VERDICTS; i++) {
		json_int_t nr = (json_int_t)metrics->trials[arm][i];

		json_object_set_new(verdicts, verdict_names[i], json_integer(nr));
		trials += nr;
	}
	return json_pack("{sI sI sI sI so}", "trials", trials, "opened",
			 (json_int_t)metrics->windows[arm], "echoes_sent",
			 (json_int_t)metrics->echoes_sent[arm], "echoes_inside",
			 (json_int_t)metrics->echoes_inside[arm], "verdicts", verdicts);
}

json_t *web_progress(const struct kept *kept)
{
	struct sums *sums = keep_sums(kept);
	json_t *json = sums ? keep_to_json(kept) : NULL, *arms = json_object();

	for (int arm = 0; sums && arm < ARMS; arm++)
		json_object_set_new(arms, arm_names[arm], arm_to_json(&sums->metrics, arm));
	json_object_set_new(json, "arms", arms);
	if (sums)
		json_object_set_new(json, "findings", json_integer(sums->nr_signatures));
	keep_sums_done(kept, sums);
	return json;
}

void web_campaigns(struct service *service, struct http_request *request)
{
	json_t *campaigns = json_array();
	uint64_t after = 0, limit = PROGRESS_MAX;
	struct kept_part part;

	http_number(request, "after", &after);
	http_number(request, "limit", &limit);
	limit = limit < 1 ? 1 : limit > PROGRESS_MAX ? PROGRESS_MAX : limit;
	part = keep_part(service, after, (uint32_t)limit);
	for (uint32_t i = 0; i < part.nr; i++)
		json_array_append_new(campaigns, web_progress(part.first[i]));
	web_json(request, json_pack("{so sI sb}", "campaigns", campaigns, "next",
				    (json_int_t)part.next, "more", part.more));
}

void web_campaign(struct kept *kept, struct http_request *request)
{
	char *text = store_read(kept->service->store, kept->ticket.id, "campaign.yaml");
	bool final;
	json_t *summary = keep_summary(kept, &final);
	struct store_path folder = store_path(kept->service->store, kept->ticket.id, NULL);

	web_json(request, json_pack("{so ss ss so}", "campaign", web_progress(kept), "text",
				    text ? text : "", "folder", folder.text, "summary",
				    summary ? summary : json_null()));
	free(text);
}

void web_trials(struct kept *kept, struct http_request *request)
{
	uint64_t after = 0, brief = 0, next;
	char *lines, *text = NULL;
	bool more;
	int n;

	http_number(request, "after", &after);
	http_number(request, "brief", &brief);
	lines = keep_lines(kept, after, brief, &next, &more);
	n = lines ? asprintf(&text, "{\"lines\":[%s],\"next\":%llu,\"more\":%s}\n", lines,
			     (unsigned long long)next, more ? "true" : "false") :
		    -1;
	free(lines);
	if (n < 0) {
		web_json(request, NULL);
		return;
	}
	http_reply(request, 200, WEB_JSON, text, (size_t)n);
	free(text);
}

void web_picture(struct kept *kept, struct http_request *request, uint32_t number)
{
	uint64_t attempt = 0;
	bool is_repeat = http_number(request, "attempt", &attempt) && attempt;
	json_auto_t *line = keep_line(kept, LINE_TRIAL, number, 0);
	json_auto_t *ledger = attempt > UINT32_MAX ?
				      NULL :
				      keep_line(kept, LINE_LEDGER, number, (uint32_t)attempt);
	bool is_there = line && (ledger || !is_repeat);
	char *text = NULL;
	size_t length = 0;
	FILE *out = is_there ? open_memstream(&text, &length) : NULL;
	int err = out ? race_draw(line, ledger, out) : -ENOMEM;

	if (out && memstream_close(out, &text))
		err = -ENOMEM;
	if (!is_there)
		web_not_found(request);
	else if (err == -EINVAL)
		http_reply(request, 500, WEB_TEXT, "The line of this trial is invalid.\n", 35);
	else if (err)
		web_json(request, NULL);
	else
		http_reply(request, 200, SVG_TYPE, text, length);
	free(text);
}

void web_findings(struct kept *kept, struct http_request *request)
{
	bool final;
	json_auto_t *summary = keep_summary(kept, &final);
	json_t *told = final ? json_object_get(summary, "findings") : NULL;
	json_t *list = json_is_array(told) ? json_incref(told) : json_array();
	struct sums *sums = told ? NULL : keep_sums(kept);

	for (uint32_t i = 0; sums && i < sums->nr_signatures; i++)
		json_array_append_new(list,
				      json_pack("{ss}", "signature", sums->signatures[i]));
	keep_sums_done(kept, sums);
	web_json(request, json_pack("{so}", "findings", list));
}
