/*
 * session/caller.h
 *		Whether whoever calls is trusted to say who is asking.
 */
#ifndef MT_CALLER_H
#define MT_CALLER_H

/*
 * A caller is a client when its database role may not execute set_context(), so cannot
 * choose who it is.
 */
extern bool mt_caller_is_client(void);

#endif /* MT_CALLER_H */
