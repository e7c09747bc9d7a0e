// SPDX-License-Identifier: GPL-2.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "parse/service_config.h"

#define ALL_KEYS                                                                     \
	"state_folder, spool_folder, socket, group, readers, queue_max, keep_days, " \
	"keep_campaigns, keep_mb, stop_s, http, notify_command"

/* Loads a text; the file's name in the sentence is replaced by "bad.yaml". */
static int load(const char *text, struct service_config **out, struct why *why)
{
	struct why said = { "" };
	char path[64];
	int fd = memfd_create("dadraced", MFD_CLOEXEC), err;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	err = service_config_load(path, true, out, &said);
	if (err) {
		assert_int_equal(strncmp(said.text, path, strlen(path)), 0);
		snprintf(why->text, sizeof(why->text), "bad.yaml%s", said.text + strlen(path));
	}
	close(fd);
	return err;
}

static void test_defaults(void **state)
{
	struct service_config *config = NULL;
	struct why why = { "untouched" };

	(void)state;
	assert_int_equal(service_config_load("/no/such/file", false, &config, &why), 0);
	assert_string_equal(why.text, "untouched");
	assert_string_equal(config->state_folder, "/var/lib/dadrace");
	assert_string_equal(config->socket, SERVICE_SOCKET);
	assert_null(config->group);
	assert_null(config->http);
	assert_int_equal(config->queue_max, 100);
	assert_int_equal(config->stop_s, 60);
	service_config_free(config);
	service_config_free(NULL);
}

static void test_file(void **state)
{
	struct service_config *config = NULL;
	struct why why = { "" };

	(void)state;
	assert_int_equal(
		load("group: dadrace\nkeep_mb: 5\nhttp: ~\nreaders: everyone\n", &config, &why),
		0);
	assert_string_equal(config->group, "dadrace");
	assert_string_equal(config->readers, "everyone");
	assert_int_equal(config->keep_mb, 5);
	assert_int_equal(config->keep_days, 90);
	assert_null(config->http);
	service_config_free(config);
}

/* clang-format off */
static const struct {
	const char *text, *sentence;
} bad[] = {
	{ "group: dadrace\nkeep_day: 5\n",
	  "bad.yaml:2:1: keep_day: unknown key; did you mean keep_days? Allowed here: " ALL_KEYS },
	{ "port: 5\n", "bad.yaml:1:1: port: unknown key; allowed here: " ALL_KEYS },
	{ "queue_max: 0\n", "bad.yaml:1:12: queue_max: found 0; allowed: whole numbers from 1 to 10000" },
	{ "stop_s: 1m\n", "bad.yaml:1:9: stop_s: found 1m; allowed: whole numbers from 1 to 3600" },
	{ "http: [a]\n", "bad.yaml:1:7: http: found a list; allowed: text" },
	{ "socket:\n", "bad.yaml:1:8: socket: found nothing; allowed: text" },
	{ "stop_s: 1\ngroup: \"\"\n", "bad.yaml:2:1: group: found \"\"; allowed: text, or leave the key out" },
	{ "stop_s: 1\nstop_s: 2\n", "bad.yaml:2:1: stop_s: given twice, first in line 1" },
};
/* clang-format on */

static void test_sentences(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct service_config *config = NULL;
		struct why why = { "" };

		assert_int_equal(load(bad[i].text, &config, &why), -EINVAL);
		assert_string_equal(why.text, bad[i].sentence);
		assert_null(config);
	}
}

static void test_missing(void **state)
{
	struct service_config *config = NULL;
	struct why why = { "" };

	(void)state;
	assert_int_equal(service_config_load("/no/such/file", true, &config, &why), -ENOENT);
	assert_string_equal(why.text,
			    "/no/such/file: cannot be opened: No such file or directory");
	assert_null(config);
}

/* What --help-config prints is a configuration: that of an empty file. */
static void test_help(void **state)
{
	struct service_config *all = NULL, *none = NULL;
	json_t *left, *right;
	struct why why = { "" };
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	(void)state;
	service_config_help(out);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(load(text, &all, &why), 0);
	assert_int_equal(load("", &none, &why), 0);
	left = fields_to_json(&service_config_fields, all);
	right = fields_to_json(&service_config_fields, none);
	assert_true(json_equal(left, right));
	for (const struct field *row = service_config_fields.rows; row->name; row++)
		assert_non_null(strstr(text, row->name));
	json_decref(left);
	json_decref(right);
	service_config_free(all);
	service_config_free(none);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults),  cmocka_unit_test(test_file),
		cmocka_unit_test(test_sentences), cmocka_unit_test(test_missing),
		cmocka_unit_test(test_help),
	};

	return cmocka_run_group_tests_name("service_config", tests, NULL, NULL);
}
