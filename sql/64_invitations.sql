-- Invitations.

CREATE FUNCTION multitenant.create_invitation(
  tenant_id uuid, email text, invited_by uuid, roles text[] DEFAULT NULL, expires_in interval DEFAULT '7 days',
  OUT id uuid, OUT token text)
AS 'MODULE_PATHNAME', 'mt_create_invitation'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.create_invitation(uuid, text, uuid, text[], interval) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.create_invitation(uuid, text, uuid, text[], interval) IS
  'Invites a mailbox into an active tenant and returns the token to mail to it, prefix mti_, once; an invitation of the same mailbox that is pending there is cancelled. roles: names of roles of the tenant that acceptance gives; null for its default roles at that time. expires_in: at most 366 days. Errors: P0002 no such tenant, user or role in this tenant; 55000 the tenant or the inviting user is not active; 23505 a user of this address is a member; 22023 a bad address or lifetime. Audit: invitation.created.';

CREATE FUNCTION multitenant.accept_invitation(
  token text, user_id uuid, OUT outcome multitenant.auth_outcome, OUT tenant_id uuid)
AS 'MODULE_PATHNAME', 'mt_accept_invitation'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.accept_invitation(text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.accept_invitation(text, uuid) IS
  'Makes the user a member of the tenant that invited the user''s e-mail address, with the roles of the invitation that are still there; who is a member already gets those roles besides. Once only. Outcomes: success, with the tenant; invalid_credentials (unknown, used or cancelled token, another address, or who made it is not active); expired; inactive; tenant_unavailable. Errors: P0002 no such user. Audit: invitation.accepted.';

CREATE FUNCTION multitenant.cancel_invitation(id uuid)
RETURNS void
AS 'MODULE_PATHNAME', 'mt_cancel_invitation'
LANGUAGE C VOLATILE SECURITY DEFINER PARALLEL UNSAFE
SET search_path = pg_catalog, pg_temp;
REVOKE ALL ON FUNCTION multitenant.cancel_invitation(uuid) FROM PUBLIC;
COMMENT ON FUNCTION multitenant.cancel_invitation(uuid) IS
  'Takes a pending invitation back. Errors: P0002 no such invitation; 55000 it is not pending. Audit: invitation.cancelled.';
