/*
 * core/key_file.h
 *		The keys that multitenant.key_file names.
 */
#ifndef MT_KEY_FILE_H
#define MT_KEY_FILE_H

#define MT_KEY_BYTES 32
#define MT_KEY_MAX_ID 32

typedef struct MtKey
{
	char id[MT_KEY_MAX_ID + 1]; /* of A-Z a-z 0-9 _ - */
	uint8 bytes[MT_KEY_BYTES];
} MtKey;

/* Whether a text can be the id of a key. */
extern bool mt_key_is_id(const char *text, size_t len);

/*
 * Bring the keys in memory up to date with the file: once in each operation that needs
 * one, before the functions below.  False when the setting is empty.  F0000 when the
 * file is not good; it says why, and nothing of what is in it.
 */
extern bool mt_keys_load(void);

/*
 * The key that seals, and the key of an id or NULL.  Good until the next
 * mt_keys_load().
 */
extern const MtKey *mt_keys_newest(void);
extern const MtKey *mt_keys_find(const char *id, size_t len);

#endif /* MT_KEY_FILE_H */
