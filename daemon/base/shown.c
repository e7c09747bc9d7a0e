// SPDX-License-Identifier: GPL-2.0-or-later
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/shown.h"
#include "base/write_all.h"

/* --- one character --- */

/* clang-format off */
static const struct {
	uint32_t first, last;
} hidden[] = {
	{ 0x00, 0x1f }, { 0x7f, 0x9f },
	{ 0x061c, 0x061c }, { 0x200e, 0x200f }, /* Unicode's Bidi_Control, */
	{ 0x2028, 0x202e }, { 0x2066, 0x2069 }, /* and both separators */
};

/* RFC 3629 4: how a character begins, and its smallest value in so many bytes. */
static const struct {
	unsigned char mask, lead;
	uint32_t least;
} shapes[] = {
	{ 0x80, 0x00, 0 }, { 0xe0, 0xc0, 0x80 }, { 0xf0, 0xe0, 0x800 }, { 0xf8, 0xf0, 0x10000 },
};
/* clang-format on */

enum { SHAPES = sizeof(shapes) / sizeof(shapes[0]) };

/* Bytes that the character needs by its first one; 0: none begins so. */
static size_t bytes_of(unsigned char first)
{
	for (size_t i = 0; i < SHAPES; i++)
		if ((first & shapes[i].mask) == shapes[i].lead)
			return i + 1;
	return 0;
}

static bool continues(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/* Its bytes, or 0: not UTF-8. */
static size_t decode(const char *text, size_t length, uint32_t *code)
{
	const unsigned char *byte = (const unsigned char *)text;
	size_t nr = bytes_of(byte[0]);
	uint32_t value;

	if (!nr || nr > length)
		return 0;
	value = byte[0] & (unsigned char)~shapes[nr - 1].mask;
	for (size_t i = 1; i < nr; i++) {
		if (!continues(byte[i]))
			return 0;
		value = value << 6 | (byte[i] & 0x3f);
	}
	if (value < shapes[nr - 1].least || value > 0x10ffff ||
	    (value >= 0xd800 && value <= 0xdfff))
		return 0;
	*code = value;
	return nr;
}

static bool is_hidden(uint32_t code)
{
	for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++)
		if (code >= hidden[i].first && code <= hidden[i].last)
			return true;
	return false;
}

size_t shown_character(const char *text, size_t length, char escape[SHOWN_ESCAPE])
{
	uint32_t code = 0;
	size_t nr = decode(text, length, &code);

	escape[0] = '\0';
	if (!nr) {
		snprintf(escape, SHOWN_ESCAPE, "\\x%02x", (unsigned char)*text);
		return 1;
	}
	if (is_hidden(code))
		snprintf(escape, SHOWN_ESCAPE, "\\u%04x", code & 0xffff);
	return nr;
}

/* --- texts --- */

bool shown_copy(const char *from, const char *but, char *to, size_t size)
{
	size_t left = strlen(from), used = 0;

	while (left) {
		char escape[SHOWN_ESCAPE];
		size_t nr = shown_character(from, left, escape);
		bool as_it_is = !*escape || strchr(but, *from);
		const char *what = as_it_is ? from : escape;
		size_t length = as_it_is ? nr : strlen(escape);

		if (used + length >= size)
			break;
		memcpy(to + used, what, length);
		used += length;
		from += nr;
		left -= nr;
	}
	to[used] = '\0';
	return !left;
}

char *shown_text(const char *text, const char *but)
{
	size_t size = strlen(text) * SHOWN_ESCAPE + 1;
	char *shown = malloc(size);

	if (shown)
		shown_copy(text, but, shown, size);
	return shown;
}

static bool is_shown(const char *text)
{
	char escape[SHOWN_ESCAPE] = "";

	for (size_t left = strlen(text), nr; left && !*escape; text += nr, left -= nr)
		nr = shown_character(text, left, escape);
	return !*escape;
}

void shown_in_place(char *text, size_t size)
{
	char copy[SHOWN_IN_PLACE];

	if (is_shown(text))
		return;
	snprintf(copy, sizeof(copy), "%s", text);
	shown_copy(copy, "", text, size);
}

struct shown show(const char *text)
{
	struct shown shown = { "" };

	if (!shown_copy(text, "", shown.text, sizeof(shown.text) - strlen("...")))
		strcat(shown.text, "...");
	return shown;
}

/* --- streams --- */

enum { CHARACTER_MAX = 4, PIECE = 8192 };

static struct door {
	FILE *stream;
	int fd;
	bool open;		       /* for what is our own */
	char begun[CHARACTER_MAX - 1]; /* of a character whose end has not come yet */
	size_t nr_begun;
} doors[] = { { .fd = STDOUT_FILENO }, { .fd = STDERR_FILENO } };

enum { DOORS = sizeof(doors) / sizeof(doors[0]) };

/* Bytes at the end that only begin a character. */
static size_t begun_at_end(const char *text, size_t length)
{
	for (size_t back = 1; back < CHARACTER_MAX && back <= length; back++) {
		unsigned char c = (unsigned char)text[length - back];

		if (!continues(c))
			return bytes_of(c) > back ? back : 0;
	}
	return 0;
}

struct run {
	int fd;
	char text[4096];
	size_t used;
};

static int run_flush(struct run *run)
{
	size_t used = run->used;

	run->used = 0;
	return file_write_all(run->fd, run->text, used);
}

static int run_add(struct run *run, const char *text, size_t length)
{
	int err = run->used + length > sizeof(run->text) ? run_flush(run) : 0;

	memcpy(run->text + run->used, text, length);
	run->used += length;
	return err;
}

static int write_shown(int fd, const char *text, size_t length)
{
	struct run run = { .fd = fd };
	int err = 0;

	while (length && !err) {
		char escape[SHOWN_ESCAPE];
		size_t nr = shown_character(text, length, escape);

		if (*escape && *text != '\n' && *text != '\t')
			err = run_add(&run, escape, strlen(escape));
		else
			err = run_add(&run, text, nr);
		text += nr;
		length -= nr;
	}
	return err ? err : run_flush(&run);
}

/* Without memory of its own, so that a sentence about a lack of memory is shown. */
static int pass_piece(struct door *door, const char *text, size_t length)
{
	char whole[CHARACTER_MAX + PIECE];
	size_t size = door->nr_begun + length;

	memcpy(whole, door->begun, door->nr_begun);
	memcpy(whole + door->nr_begun, text, length);
	door->nr_begun = begun_at_end(whole, size);
	size -= door->nr_begun;
	memcpy(door->begun, whole + size, door->nr_begun);
	return write_shown(door->fd, whole, size);
}

static int pass(struct door *door, const char *text, size_t length)
{
	int err = 0;

	for (size_t nr; length && !err; text += nr, length -= nr) {
		nr = length < PIECE ? length : PIECE;
		err = pass_piece(door, text, nr);
	}
	return err;
}

static ssize_t on_write(void *cookie, const char *text, size_t length)
{
	struct door *door = cookie;
	int err =
		door->open ? file_write_all(door->fd, text, length) : pass(door, text, length);

	if (!err)
		return (ssize_t)length;
	errno = -err;
	return 0; /* an error, to fopencookie(3) */
}

int shown_streams(void)
{
	for (size_t i = 0; i < DOORS; i++) {
		doors[i].stream = fopencookie(&doors[i], "w",
					      (cookie_io_functions_t){ .write = on_write });
		if (!doors[i].stream)
			return -ENOMEM;
	}
	setvbuf(doors[0].stream, NULL, isatty(STDOUT_FILENO) ? _IOLBF : _IOFBF, BUFSIZ);
	setvbuf(doors[1].stream, NULL, _IONBF, 0);
	stdout = doors[0].stream;
	stderr = doors[1].stream;
	return 0;
}

static struct door *door_of(const FILE *out)
{
	for (size_t i = 0; i < DOORS; i++)
		if (doors[i].stream == out)
			return &doors[i];
	return NULL;
}

void shown_control(FILE *out, const char *sequence)
{
	struct door *door = door_of(out);

	if (!door) {
		fputs(sequence, out);
		return;
	}
	fflush(out);
	door->open = true;
	fputs(sequence, out);
	fflush(out);
	door->open = false;
}

int shown_fd(FILE *out)
{
	const struct door *door = door_of(out);

	return door ? door->fd : fileno(out);
}
