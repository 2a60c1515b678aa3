/*
 * identity/register.c
 *		Making users.
 */
#include "postgres.h"
#include "core/compat.h"

#include "core/argument.h"
#include "core/errors.h"
#include "core/settings.h"
#include "core/statement.h"
#include "core/mailbox.h"
#include "identity/password.h"
#include "records/audit.h"

#define MAX_NAME_BYTES 1024


/*
 * SQL: multitenant.register_user(email text, password text, name text) returns uuid
 *
 * 22023 for an address or a password that is not acceptable, 23505 when the
 * mailbox is taken, in whatever case, also by a deleted user.  Without a password
 * the user signs in by other means.
 */
MT_SECRET_FUNCTION(mt_register_user)
{
	static MtStatement insert = {
		.sql = "INSERT INTO multitenant.\"Users\" (email, password, name) VALUES ($1, $2, $3) "
			   "ON CONFLICT DO NOTHING RETURNING id"};
	char *email = mt_required_email(fcinfo, 0, "e-mail address");
	char *password = mt_truncated_text(fcinfo, 1, MT_PASSWORD_CUT_BYTES);
	char *name = mt_text_argument(fcinfo, 2, "name", MAX_NAME_BYTES);
	char *hash = NULL;
	MtParameters parameters = {0};
	pg_uuid_t user_id;

	if (password != NULL)
	{
		mt_password_require_acceptable(password, email);
		hash = mt_password_hash(password, mt_password_algorithm);
	}

	SPI_connect();
	mt_add_text(&parameters, email);
	mt_add_text(&parameters, hash);
	mt_add_text(&parameters, name);
	if (mt_execute(&insert, &parameters) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNIQUE_VIOLATION),
				 errmsg("a user with this e-mail address already exists")));
	mt_column_uuid(1, &user_id);
	mt_audit(&(MtAuditEvent){.event = "user.registered", .user_id = &user_id});
	SPI_finish();
	PG_RETURN_DATUM(mt_uuid_result(&user_id));
}
