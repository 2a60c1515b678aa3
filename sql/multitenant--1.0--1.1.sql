\echo Use "ALTER EXTENSION multitenant UPDATE" to load this file. \quit

COMMENT ON FUNCTION multitenant.export_user(uuid) IS
  'Everything held about a user, as one JSON object: user, memberships, authenticators, tokens, signInChallenges, rememberedDevices, loginHistory, activity, securityEvents, notifications, invitations; no credential. Errors: P0002 no such user. Audit: user.exported.';
