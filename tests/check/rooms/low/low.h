/* SPDX-License-Identifier: GPL-2.0-or-later */
int first(void);
int second(void);
