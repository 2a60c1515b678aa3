/*
 * core/owner.h
 *		A few statements with the rights of the extension's owner.
 *
 * What SECURITY DEFINER with a pinned search_path does for a whole function, for one that
 * needs it seldom: the switch costs more than the rest of such a call.
 */
#ifndef MT_OWNER_H
#define MT_OWNER_H

typedef struct MtOwnerRights
{
	Oid user;
	int security_context;
	int setting_level;
} MtOwnerRights;

/* "owner" owns the tables. An error between the two gives the rights back as well. */
extern void mt_owner_rights_begin(MtOwnerRights *rights, Oid owner);
extern void mt_owner_rights_end(const MtOwnerRights *rights);

#endif /* MT_OWNER_H */
