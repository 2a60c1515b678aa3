/*
 * tenancy/policy_document.h
 *		"Tenants"."securityPolicy" as JSON: its keys, their types, ranges and defaults.
 */
#ifndef MT_POLICY_DOCUMENT_H
#define MT_POLICY_DOCUMENT_H

#include "tenancy/policy.h"
#include "utils/jsonb.h"

/*
 * Read a policy into "policy", what belongs to it in the current memory context.  22023
 * naming the key that is wrong; a key that is not known is wrong.
 */
extern void mt_policy_read(Jsonb *document, MtPolicy *policy);

#endif /* MT_POLICY_DOCUMENT_H */
