// SPDX-License-Identifier: GPL-2.0-or-later
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/nearest.h"
#include "guest/apt.h"
#include "guest/architecture.h"
#include "io/child.h"

enum { WORDS = 40, DAY_S = 24 * 60 * 60 };

/* --- words for apt --- */

static int run_apt(const struct apt *apt, const char *const *words, const char *folder,
		   char **output, struct why *why)
{
	const char *argv[WORDS];
	int n = 0;

	argv[n++] = words[0];
	for (int i = 0; i < apt->nr; i++) {
		argv[n++] = "-o";
		argv[n++] = apt->options[i];
	}
	for (int i = 1; words[i] && n + 1 < WORDS; i++)
		argv[n++] = words[i];
	argv[n] = NULL;
	return child_output(argv, folder, output, why);
}

/*
 * Nothing is installed of that suite: what is installed here must not be the candidate. By
 * itself apt-get takes an update that failed for one that did not.
 */
static void set_options(struct apt *apt)
{
	const struct {
		const char *name, *value, *below;
	} options[] = {
		{ "Dir::Etc::sourcelist", apt->folder, "/sources.list" },
		{ "Dir::Etc::sourceparts", "/dev/null", "" },
		{ "Dir::State::lists", apt->folder, "/lists" },
		{ "Dir::Cache", apt->folder, "" },
		{ "Dir::State::status", "/dev/null", "" },
		{ "APT::Update::Error-Mode", "any", "" },
		{ "APT::Architecture", apt->architecture, "" },
		{ "APT::Architectures", apt->architecture, "" },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		snprintf(apt->options[apt->nr++], APT_OPTION, "%s=%s%s", options[i].name,
			 options[i].value, options[i].below);
}

/*
 * Otherwise apt gives up: "seteuid 42 failed". What an apt that may change its user has left is
 * that user's, and this one may not write to it.
 */
static void stay_root(struct apt *apt)
{
	char partial[APT_OPTION];

	if (geteuid() || prctl(PR_CAPBSET_READ, CAP_SETUID))
		return;
	snprintf(apt->options[apt->nr++], APT_OPTION, "APT::Sandbox::User=root");
	snprintf(partial, sizeof(partial), "%s/lists/partial", apt->folder);
	if (apt->folder[0])
		rmdir(partial);
}

/* --- the sources of a suite --- */

/* Debian's keys, as the package debian-archive-keyring installs them; "" leaves it to apt. */
static const char *keyring(void)
{
	static const char *const paths[] = {
		"[signed-by=/usr/share/keyrings/debian-archive-keyring.pgp]",
		"[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]",
	};

	for (int i = 0; i < 2; i++) {
		char path[64];

		snprintf(path, sizeof(path), "%.*s", (int)strcspn(paths[i], "]") - 11,
			 paths[i] + 11);
		if (!access(path, R_OK))
			return paths[i];
	}
	return "";
}

/* Debian gives no security updates of their own to what is unstable or comes from backports. */
static bool has_security(const char *suite)
{
	static const char *const without[] = { "sid", "unstable", "experimental", "rc-buggy" };

	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		if (!strcmp(suite, without[i]))
			return false;
	return !strstr(suite, "-backports");
}

/*
 * The machine's own mirrors, for another suite: the main one, and the one of security updates.
 */
static int write_sources(const struct apt *apt, struct why *why)
{
	const char *const argv[] = { "apt-get",	    "indextargets",	    "--format",
				     "$(REPO_URI)", "Created-By: Packages", "Component: main",
				     NULL };
	char *text = NULL, *mirror, *save = NULL, path[APT_OPTION], last[APT_OPTION] = "";
	FILE *file;
	int err = child_output(argv, NULL, &text, why);

	if (err)
		return err;
	snprintf(path, sizeof(path), "%s/sources.list", apt->folder);
	file = fopen(path, "we");
	if (!file) {
		err = why_set(why, errno, "%s: %s", path, strerror(errno));
		free(text);
		return err;
	}
	for (mirror = strtok_r(text, "\n", &save); mirror;
	     mirror = strtok_r(NULL, "\n", &save)) {
		bool security = strstr(mirror, "security") != NULL;

		if (!strcmp(mirror, last) || (security && !has_security(apt->suite)))
			continue;
		snprintf(last, sizeof(last), "%s", mirror);
		fprintf(file, "deb %s %s %s%s main\n", keyring(), mirror, apt->suite,
			security ? "-security" : "");
	}
	free(text);
	return fclose(file) ? why_set(why, EIO, "%s: cannot be written", path) : 0;
}

/* --- lists --- */

/* When the lists were fetched, in seconds since 1970; 0 when there are none. */
static time_t lists_of(const struct apt *apt)
{
	char path[APT_OPTION];
	struct dirent *entry;
	struct stat st;
	bool found = false;
	DIR *lists;

	snprintf(path, sizeof(path), "%s/lists", apt->folder);
	lists = opendir(path);
	while (lists && !found && (entry = readdir(lists)))
		found = strstr(entry->d_name, "_Packages") != NULL;
	if (lists)
		closedir(lists);
	snprintf(path, sizeof(path), "%s/fetched", apt->folder);
	return found && !stat(path, &st) ? st.st_mtime : 0;
}

static int note_fetched(const struct apt *apt, struct why *why)
{
	char path[APT_OPTION];
	FILE *file;

	snprintf(path, sizeof(path), "%s/fetched", apt->folder);
	file = fopen(path, "we");
	if (!file || fclose(file))
		return why_set(why, errno, "%s: %s", path, strerror(errno));
	return 0;
}

static int fetch_lists(struct apt *apt, struct why *why)
{
	const char *const update[] = { "apt-get", "update", "-q", NULL };
	char *output = NULL;
	struct why said;
	int err = write_sources(apt, &said);

	if (!err)
		err = run_apt(apt, update, NULL, &output, &said);
	free(output);
	if (err)
		return why_set(
			why, EHOSTUNREACH,
			"%s: the lists of this suite cannot be fetched; is the network there, and does the machine's mirror have the suite? %.400s",
			apt->suite, said.text);
	apt->fresh = true;
	return note_fetched(apt, why);
}

int apt_open(const char *suite, const char *architecture, bool refresh, struct apt *apt,
	     struct why *note, struct why *why)
{
	bool foreign = strcmp(architecture, architecture_own()->debian) != 0;
	char below[96], partial[APT_OPTION];
	time_t fetched, now = time(NULL);
	struct why said;
	int err;

	note->text[0] = '\0';
	*apt = (struct apt){ .nr = 0 };
	snprintf(apt->suite, sizeof(apt->suite), "%s", suite);
	snprintf(apt->architecture, sizeof(apt->architecture), "%s", architecture);
	if (!suite[0]) {
		stay_root(apt);
		return 0;
	}
	snprintf(below, sizeof(below), "apt/%s%s%s", apt->suite, foreign ? "-" : "",
		 foreign ? architecture : "");
	err = cache_folder(below, apt->folder, why);
	if (err)
		return err;
	set_options(apt);
	stay_root(apt);
	snprintf(partial, sizeof(partial), "%s/lists/partial", apt->folder);
	err = cache_make(partial, why);
	if (err)
		return err;
	fetched = lists_of(apt);
	if (fetched && now - fetched < DAY_S && !refresh)
		return 0;
	err = fetch_lists(apt, &said);
	if (err && !fetched)
		return why_set(why, -err, "%s", said.text);
	if (err)
		why_set(note, -err, "%.400s; the lists of %ld hours ago are used", said.text,
			(long)(now - fetched) / 3600);
	return 0;
}

/* --- packages --- */

static bool has_line(const char *text, const char *line)
{
	size_t n = strlen(line);

	for (const char *at = text; (at = strstr(at, line)); at += n)
		if ((at == text || at[-1] == '\n') && (at[n] == '\n' || !at[n]))
			return true;
	return false;
}

static int is_known(const struct apt *apt, const char *package, bool *known, struct why *why)
{
	const char *const names[] = { "apt-cache", "pkgnames", package, NULL };
	char *text = NULL;
	int err = run_apt(apt, names, NULL, &text, why);

	*known = !err && has_line(text, package);
	free(text);
	return err;
}

/* The packages that lead to the newest kernel of a kind, and the one that may be meant. */
static void list_kernels(char *names, const char *typed, char kinds[300], char meant[100])
{
	struct nearest nearest = { .typed = typed };
	char *name, *save = NULL;
	size_t used = 0;

	kinds[0] = '\0';
	for (name = strtok_r(names, "\n", &save); name; name = strtok_r(NULL, "\n", &save)) {
		int n;

		nearest_offer(&nearest, name);
		if (isdigit((unsigned char)name[strlen("linux-image-")]) ||
		    strstr(name, "-dbg") || strstr(name, "-template") || used >= 300)
			continue;
		n = snprintf(kinds + used, 300 - used, "%s%s", used ? ", " : "", name);
		if (used + (size_t)n < 300)
			used += (size_t)n;
		else
			kinds[used] = '\0';
	}
	snprintf(meant, 100, "%.99s", nearest.best ? nearest.best : "");
}

static int complain_unknown(const struct apt *apt, const char *package, struct why *why)
{
	const char *const kernels[] = { "apt-cache", "pkgnames", "linux-image-", NULL };
	char *names = NULL, kinds[300] = "", meant[100] = "";
	struct why ignored;

	if (!run_apt(apt, kernels, NULL, &names, &ignored))
		list_kernels(names, package, kinds, meant);
	free(names);
	return why_set(
		why, ENOENT, "%s: %s%s no such package%s%s%s%s%s%s", package,
		apt->suite[0] ? apt->suite : "this machine's apt sources",
		apt->suite[0] ? " has" : " have", meant[0] ? "; did you mean " : "", meant,
		meant[0] ? "?" : "", kinds[0] ? " Its kernels: " : "", kinds,
		apt->suite[0] ? "" : "; run `apt-get update`, or name a suite: SUITE/PACKAGE");
}

static int find(struct apt *apt, const char *package, struct why *why)
{
	struct why ignored;
	bool known;
	int err = is_known(apt, package, &known, why);

	if (!err && !known && apt->suite[0] && !apt->fresh && !fetch_lists(apt, &ignored))
		err = is_known(apt, package, &known, why);
	return err || known ? err : complain_unknown(apt, package, why);
}

int apt_depends(struct apt *apt, const char *package,
		void (*each)(void *arg, const char *package), void *arg, struct why *why)
{
	const char *const depends[] = { "apt-cache", "depends", package, NULL };
	char *text = NULL, *line, *save = NULL;
	int err = find(apt, package, why);

	if (!err)
		err = run_apt(apt, depends, NULL, &text, why);
	for (line = err ? NULL : strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		const char *name = strstr(line, "Depends: ");

		if (name)
			each(arg, name + strlen("Depends: "));
	}
	free(text);
	return err;
}

int apt_download(const struct apt *apt, const char *package, const char *folder, char **deb,
		 struct why *why)
{
	const char *const fetch[] = { "apt-get", "download", "-q", package, NULL };
	char path[CACHE_PATH], prefix[CACHE_PATH], *text = NULL;
	int err = 0;

	snprintf(prefix, sizeof(prefix), "%s_", package);
	if (!cache_find(folder, prefix, path)) {
		err = run_apt(apt, fetch, folder, &text, why);
		free(text);
		if (!err && !cache_find(folder, prefix, path))
			err = why_set(why, EHOSTUNREACH,
				      "%s: apt-get download left no package file", package);
	}
	if (!err && !(*deb = strdup(path)))
		err = why_memory(why);
	return err;
}
