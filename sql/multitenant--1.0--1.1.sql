\echo Use "ALTER EXTENSION multitenant UPDATE TO '1.1'" to load this file. \quit

-- From 1.0 to 1.1: what the parts of the install script say now and did not say then.

SET LOCAL search_path TO pg_catalog, pg_temp;

COMMENT ON FUNCTION multitenant.export_user(uuid) IS
  'Everything held about a user, as one JSON object: user, memberships, authenticators, tokens, devices, challenges, loginHistory, activity, securityEvents, notifications, invitations; no credential. Errors: P0002 no such user. Audit: user.exported.';
COMMENT ON FUNCTION multitenant.end_all_sessions(uuid, uuid) IS
  'Ends the sessions of a user in a tenant, or with null all of them, and returns how many it ended; the devices remembered there are forgotten. Errors: P0002 no such user or tenant; 22023 null user_id. Audit: session.all_ended.';
COMMENT ON FUNCTION multitenant.remove_member(uuid, uuid) IS
  'Ends a membership, the sessions of the user in that tenant and the pending invitations that the user made there; false when the user is no member. Errors: P0002 no such user or tenant; 22023 null; 55000 at commit when the tenant would lose its last active owner. A client needs members:manage, and holds all of the roles of the member, but for a member who leaves: 42501. Audit: member.removed.';
COMMENT ON FUNCTION multitenant.accept_invitation(text, uuid) IS
  'Makes the user a member of the tenant that invited the user''s e-mail address, with the roles of the invitation that are still there; who is a member already gets those roles besides. Once only. Outcomes: success, with the tenant; invalid_credentials (unknown, used or cancelled token, another address, or who made it is not active); expired; inactive; tenant_unavailable. Errors: P0002 no such user. Audit: invitation.accepted.';
COMMENT ON FUNCTION multitenant.unassign_role(uuid, uuid, text) IS
  'Takes a role of the tenant from a member; false when the member did not have it. Pending invitations of the member that give roles by name are cancelled. Errors: P0002 no such user or tenant, no such role in this tenant, or the user is no member; 22023 null or empty; 54000 too long; 55000 at commit when the tenant would lose its last active owner. A client needs members:manage and neither gives nor takes more than the acting user holds: 42501. Audit: member.role_unassigned.';
