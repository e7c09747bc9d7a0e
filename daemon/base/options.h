/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef DADRACE_OPTIONS_H
#define DADRACE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/exits.h"
#include "base/why.h"

/*
 * Command lines as data: a row for each option and operand, which says where its value goes.
 * Parsing, --help, completion and man pages are made from the rows; nobody else knows the
 * options of a program.
 *
 *	static const struct option_row rows[] = {
 *		{ "out", 'o', OPTION_TEXT, OPTION_AT(struct options, out), "DIR", .doc = "..." },
 *		{ "json", 0, OPTION_FLAG, OPTION_AT(struct options, json), .doc = "..." },
 *		{ .name = NULL },
 *	};
 */
enum option_kind {
	OPTION_FLAG = 1, /* bool: becomes true */
	OPTION_FORM,	 /* int: becomes `value`; the last one that is given counts */
	OPTION_TEXT,	 /* const char * */
	OPTION_TEXTS,	 /* struct option_texts: each time one more, `max` at most */
	OPTION_NUMBER,	 /* uint32_t, from `min` to `max` */
	OPTION_CHOICE,	 /* int: which of `choices` */
	OPTION_READ,	 /* whatever `read` writes */
	OPTION_REST,	 /* struct option_rest: all operands that are left */
};

enum { OPTION_TEXTS_MAX = 64 };

struct option_texts {
	const char *at[OPTION_TEXTS_MAX + 1]; /* ends with NULL */
	uint32_t nr;
};

struct option_rest {
	char **at; /* the end of argv, with its NULL */
	int nr;
};

struct option_row {
	const char *name; /* "out" for --out; NULL ends the rows */
	char letter;	  /* 'o' for -o, or 0 */
	enum option_kind kind;
	size_t offset;	      /* of the target in the struct that is filled */
	const char *argument; /* "DIR"; NULL for OPTION_FLAG and OPTION_FORM */
	uint32_t min, max;    /* max 0: no limit, OPTION_TEXTS_MAX for texts */
	int value;
	const char *const *choices;
	int nr_choices;
	/* Returns false when `text` is none of `allowed`. */
	bool (*read)(const char *text, void *target);
	const char *allowed; /* "10s, 500ms or 2m" */
	const char *preset;  /* the value without the option, as it would be given */
	const char *doc;     /* what it does, without the final full stop */
	bool needed;	     /* must be given */
	bool instead;	     /* takes the place of the operands */
	bool spares;	     /* the operands may be left out with it */
	bool internal;	     /* not for people: in no help, completion or man page */
};

struct operand_row {
	const char *name;      /* "CAMPAIGN"; NULL ends the rows */
	enum option_kind kind; /* OPTION_TEXT, OPTION_NUMBER (1 or more), OPTION_REST */
	size_t offset;
	bool needed;
	const char *doc; /* NULL: the usage says enough */
};

/* clang-format off */
#define OPTION_AT(type, member) .offset = offsetof(type, member)
/* clang-format on */

struct syntax {
	const char *name;  /* of the program, or of a command: "dadrace run" */
	const char *doc;   /* one sentence, without the final full stop */
	const char *about; /* more: paragraphs, with an empty line between them; NULL */
	const struct option_row *options;   /* NULL: none but --help */
	const struct operand_row *operands; /* NULL: none */
	const struct exit_row *exits;	    /* what they mean here; NULL: see the parent */
	const struct syntax *parent;	    /* whose options are accepted, too; NULL */
	size_t size;			    /* of the struct that is filled */
	bool passes_on; /* what follows the first operand is operands, whatever it looks like */
};

enum { OPTIONS_HELP = 1 };

/*
 * Fills `target` (all zeroes before): the presets, then what `argv` says; argv[0] is not looked
 * at. Returns 0, OPTIONS_HELP when --help or -h is among them (the rest is then not checked),
 * or -EINVAL with the sentence. Texts point into `argv`, the order of which may change.
 */
int options_read(const struct syntax *syntax, int argc, char **argv, void *target,
		 struct why *why);

/*
 * Digits and nothing else, from `min` to `max` (0: no limit); `number` is untouched otherwise.
 */
bool options_number(const char *text, uint32_t min, uint32_t max, uint32_t *number);

/*
 * Says on stderr what is wrong with a command line, and where its help is; returns EXIT_USAGE.
 */
int options_refuse(const struct syntax *syntax, const struct why *why);

/* --help, wrapped at `columns`: usage and sentences, then arguments, options and exit codes. */
void options_help(const struct syntax *syntax, int columns, FILE *out);
void options_intro(const struct syntax *syntax, int columns, FILE *out);
void options_rows(const struct syntax *syntax, int columns, FILE *out);

/* "Usage: ..." alone, a line for each form that the command has. */
void options_usage(const struct syntax *syntax, FILE *out);

/* How wide text for people may be on `out`: that of the terminal, 40 to 100; 80 elsewhere. */
int options_columns(FILE *out);

/*
 * Text of paragraphs from column `indent` (where the cursor is already) to `columns`, with a
 * final newline.
 */
void options_wrap(const char *text, int indent, int columns, FILE *out);

/*
 * "  HEAD    sentence": `width` columns for the head; the sentence begins on the next line if
 * it is wider.
 */
void options_row(const char *head, const char *sentence, int width, int columns, FILE *out);

/*
 * Lists the rows that a syntax accepts, those of its parents behind its own, --help as the last
 * one; returns how many. `rows` has room for OPTIONS_MAX.
 */
enum { OPTIONS_MAX = 64 };
int options_list(const struct syntax *syntax, const struct option_row **rows);

#endif
