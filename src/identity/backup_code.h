/*
 * identity/backup_code.h
 *		Backup codes: ten per user, each good once, stored as SHA-256.
 */
#ifndef MT_BACKUP_CODE_H
#define MT_BACKUP_CODE_H

#include "core/compat.h"
#include "utils/array.h"

#define MT_BACKUP_CODE_COUNT 10

typedef struct MtBackupCodes
{
	ArrayType *shown;  /* text[]: what the user is given, once */
	ArrayType *stored; /* text[]: what the row keeps */
} MtBackupCodes;

/* A new set, in the current memory context. */
extern MtBackupCodes mt_backup_codes_generate(void);

/*
 * What is stored of a code as somebody types it: any case, hyphens and spaces
 * ignored, O for 0 and I or L for 1.  NULL when it has not the form of one.
 */
extern char *mt_backup_code_hash(const char *typed);

/* Whether it is one of the stored ones; takes the same time wherever it stands. */
extern bool mt_backup_code_is_among(const char *hash, ArrayType *stored);

#endif /* MT_BACKUP_CODE_H */
