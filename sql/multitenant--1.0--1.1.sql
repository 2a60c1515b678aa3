\echo Use "ALTER EXTENSION multitenant UPDATE" to load this file. \quit

COMMENT ON FUNCTION multitenant.export_user(uuid) IS
  'Everything held about a user, as one JSON object: user, memberships, authenticators, tokens, signInChallenges, rememberedDevices, loginHistory, activity, securityEvents, notifications, invitations; no credential. Errors: P0002 no such user. Audit: user.exported.';

COMMENT ON FUNCTION multitenant.enable_row_security() IS
  'Turns row-level security on for every table of the extension: who reads one sees the rows of the context''s tenant, where the acting user is its active member (of the three logs only with the permission logs:read), and the acting user''s own; an administrator (grant_access) sees all. It grants no table to anybody, and nobody may write by it. To be called again after a restore and after an upgrade. For the owner of the extension. Errors: 42501 not its owner. Audit: row_security.enabled.';
