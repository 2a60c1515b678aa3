# A session that calls every function again and again does not grow: neither in its memory
# contexts, of which the server says how much is in use, nor in what malloc gave to the
# libraries, of which the kernel does. Each line below is called many times, when it succeeds
# and when it raises an error, in transactions of ten calls, and both are measured after each
# fifth of them. And a statement that calls a function for many rows holds no more at its end
# than one for few. The server's own caches come and go between two measurements, by far more
# than a call could leave behind; what stays at each call adds to every fifth. So it is the
# usual increase that must be less than the smallest chunk for each call.
#
# MEMORY_CALLS says how many calls that succeed (200); of those that raise an error there is a
# fifth, but 200 at least, and of some that change the catalog a tenth or a fiftieth. A hundred
# thousand show what so few cannot: what malloc gave, and what not every call leaves behind.
# MEMORY_SERVERS says on how many servers at a time (1), each with a part of the lines.
#
# That each function was called is what the servers' own statistics say, so a new function
# that has no line here fails; those that were called less often are named at the end.

use strict;
use warnings;

use IPC::Run qw(finish start);
use List::Util qw(max min);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $fifth = int(($ENV{MEMORY_CALLS} || 200) / 5);
my $smallest_chunk = 24;     # bytes: its header, and the least that is allocated
my $slack = 1024;            # bytes: the odd entry of a cache
my $slack_of_ddl = 32 * 1024;
my $slack_of_malloc = 1024;  # kB

my @none = map { "PERFORM multitenant.$_" } qw{
	suspend_user(gen_random_uuid()) activate_user(gen_random_uuid()) deactivate_user(gen_random_uuid()) delete_user(gen_random_uuid())
	restore_user(gen_random_uuid()) unlock_account(gen_random_uuid()) erase_user(c.ada) export_user(gen_random_uuid())
	set_password(gen_random_uuid(),'correct-horse') change_password(c.ada,c.password,'x') issue_email_verification(gen_random_uuid())
	reset_two_factor(gen_random_uuid()) begin_two_factor_setup(gen_random_uuid()) confirm_two_factor_setup(c.ada,'1')
	verify_two_factor(gen_random_uuid(),'1') regenerate_backup_codes(c.ada,'1') disable_two_factor(c.ada,'1') };

# PL/pgSQL, with c the fixture and i the number of the call: [ name, what succeeds, statements
# each of which raises an error, which part of the calls: for what changes the catalog ].
my @lines = (
	[ 'users', q{
		u := multitenant.register_user('user' || i || '@example.org', c.password, 'A name');
		ASSERT multitenant.find_user('USER' || i || '@example.org') = u;
		PERFORM multitenant.suspend_user(u, 'why'); PERFORM multitenant.activate_user(u);
		PERFORM multitenant.deactivate_user(u, 'why'); PERFORM multitenant.activate_user(u);
		PERFORM multitenant.link_google_account(u, 'google' || i); PERFORM multitenant.export_user(u);
		PERFORM multitenant.delete_user(u, 'why'); PERFORM multitenant.restore_user(u); PERFORM multitenant.unlock_account(u);
		UPDATE multitenant."Users" SET email = 'other' || i || '@example.org' WHERE id = u;
		DELETE FROM multitenant."Users" WHERE id = u; PERFORM multitenant.erase_user(u);
		SET LOCAL multitenant.allow_hard_delete = on; DELETE FROM multitenant."Users" WHERE id = u;
		SET LOCAL multitenant.allow_hard_delete = off},
		[ @none[0 .. 7], q{PERFORM multitenant.register_user('no address', c.password)}, q{PERFORM multitenant.register_user('ada@example.org')},
		  q{PERFORM multitenant.register_user('new@example.org', 'short')}, q{PERFORM multitenant.link_google_account(c.ada, '')},
		  q{UPDATE multitenant."Users" SET status = 'deleted', "failedLoginAttempts" = -1 WHERE id = c.ada} ] ],
	[ 'tenants', q{
		u := multitenant.create_tenant('A tenant', 'tenant-' || i, 'postgres://db', c.eve);
		PERFORM multitenant.suspend_tenant(u, 'why'); PERFORM multitenant.activate_tenant(u);
		PERFORM multitenant.request_tenant_deletion(u); PERFORM multitenant.cancel_tenant_deletion(u);
		PERFORM multitenant.set_onboarding_status(u, 'completed'); PERFORM multitenant.request_tenant_deletion(u);
		UPDATE multitenant."Tenants" SET "deletionScheduledAt" = now() - interval '1 day' WHERE id = u;
		PERFORM multitenant.run_maintenance(100); ASSERT NOT EXISTS (SELECT FROM multitenant."Tenants" WHERE id = u)},
		[ (map { "PERFORM multitenant.$_(gen_random_uuid())" } qw(suspend_tenant activate_tenant request_tenant_deletion cancel_tenant_deletion)),
		  q{PERFORM multitenant.create_tenant('A', 'No slug', 'x')}, q{PERFORM multitenant.set_onboarding_status(c.acme, 'none')},
		  q{PERFORM multitenant.run_maintenance(0)}, q{TRUNCATE multitenant."Tenants" CASCADE},
		  q{UPDATE multitenant."Tenants" SET "securityPolicy" = '{"session": {"sessionTimeout": "x"}}' WHERE id = c.acme} ] ],
	[ 'two-factor', q{
		PERFORM multitenant.reset_two_factor(c.eve);
		s := (multitenant.begin_two_factor_setup(c.eve, 'Acme')).secret;
		SELECT * INTO r FROM multitenant.confirm_two_factor_setup(c.eve, multitenant.totp_code(s)); ASSERT r.outcome = 'success';
		ASSERT (SELECT outcome FROM multitenant.verify_two_factor(c.eve, r.backup_codes[1], '192.0.2.1', 'agent')) = 'success';
		ASSERT (SELECT outcome FROM multitenant.verify_two_factor(c.eve, '000')) = 'invalid_credentials';
		SELECT * INTO r FROM multitenant.regenerate_backup_codes(c.eve, r.backup_codes[2]); ASSERT r.outcome = 'success';
		SELECT * INTO a FROM multitenant.sign_in('eve@example.org', c.password, 'acme', '192.0.2.1', 'agent'); ASSERT a.outcome = 'two_factor_required';
		SELECT * INTO a FROM multitenant.complete_sign_in(a.challenge, r.backup_codes[1], true); ASSERT a.outcome = 'success';
		SELECT * INTO a FROM multitenant.sign_in('eve@example.org', c.password, 'acme', device_token => a.device_token); ASSERT a.outcome = 'success';
		PERFORM multitenant.rewrap_secrets(10);
		ASSERT multitenant.disable_two_factor(c.eve, r.backup_codes[2]) = 'success'},
		[ @none[11 .. 16], q{PERFORM multitenant.complete_sign_in('mtc_no', '1', ip_address => 'no address')} ] ],
	[ 'sessions', q{
		SELECT * INTO a FROM multitenant.sign_in('ada@example.org', c.password, 'acme', '192.0.2.1', 'agent'); ASSERT a.outcome = 'success';
		SELECT * INTO r FROM multitenant.refresh_session(a.refresh_token, '192.0.2.1', 'agent');
		ASSERT (SELECT user_id FROM multitenant.verify_session(r.access_token, '192.0.2.1')) = c.ada;
		ASSERT multitenant.use_session(r.access_token) AND multitenant.current_user_id() = c.ada;
		PERFORM multitenant.clear_context(); ASSERT NOT multitenant.use_session('mta_no');
		ASSERT (SELECT count(*) FROM multitenant.list_sessions(c.ada)) > 0; ASSERT multitenant.end_session(r.access_token);
		PERFORM multitenant.create_session(c.ada, NULL, '192.0.2.1', 'agent'); PERFORM multitenant.create_session(c.ada, c.acme);
		ASSERT multitenant.end_all_sessions(c.ada) > 0; ASSERT (SELECT count(*) FROM multitenant.refresh_session('mtr_no')) = 0},
		[ q{PERFORM multitenant.sign_in('ada@example.org', c.password, 'acme', 'no address')}, q{PERFORM multitenant.create_session(gen_random_uuid(), c.acme)},
		  q{PERFORM multitenant.verify_session('mta_no', 'no address')}, q{PERFORM multitenant.use_session('mta_no', 'no address')},
		  q{PERFORM multitenant.refresh_session('mtr_no', 'no address')} ] ],
	[ 'context', q{
		PERFORM multitenant.set_context(c.ada, c.acme);
		ASSERT multitenant.current_user_id() = c.ada AND multitenant.current_tenant_id() = c.acme AND multitenant.is_member();
		ASSERT multitenant.has_role('owner') AND multitenant.has_permission('note:read') AND multitenant.has_scope('any:thing');
		PERFORM multitenant.require_permission('note:read');
		ASSERT (SELECT count(*) FROM multitenant.visible_user_ids()) > 0 AND (SELECT count(*) FROM multitenant.visible_role_ids()) > 0;
		PERFORM multitenant.clear_context()},
		[ q{PERFORM multitenant.set_context(gen_random_uuid(), c.acme)}, q{PERFORM multitenant.require_permission('note:read')} ] ],
	[ 'members', q{
		PERFORM multitenant.add_member(c.ben, c.acme, '{member}'); ASSERT multitenant.assign_role(c.ben, c.acme, 'owner');
		ASSERT multitenant.unassign_role(c.ben, c.acme, 'owner'); ASSERT multitenant.remove_member(c.ben, c.acme);
		SELECT * INTO r FROM multitenant.create_invitation(c.acme, 'ben@example.org', c.ada, '{member}');
		ASSERT (SELECT outcome FROM multitenant.accept_invitation(r.token, c.ben)) = 'success'; PERFORM multitenant.remove_member(c.ben, c.acme);
		PERFORM multitenant.cancel_invitation((multitenant.create_invitation(c.acme, 'guest@example.org', c.ada)).id)},
		[ q{PERFORM multitenant.add_member(c.ben, c.acme, '{none}')}, q{PERFORM multitenant.assign_role(c.ada, c.acme, 'none')},
		  q{PERFORM multitenant.unassign_role(c.ada, c.acme, NULL)}, q{PERFORM multitenant.remove_member(gen_random_uuid(), c.acme)},
		  q{PERFORM multitenant.create_invitation(c.acme, 'x', c.ada)}, q{PERFORM multitenant.accept_invitation('mti_no', gen_random_uuid())},
		  q{PERFORM multitenant.cancel_invitation(gen_random_uuid())}, q{TRUNCATE multitenant."TenantUsers"},
		  q{PERFORM multitenant.unassign_role(c.ada, c.acme, 'owner'); SET CONSTRAINTS ALL IMMEDIATE} ] ],
	[ 'planned', q{ EXECUTE format('SELECT count(*) FROM pg_class WHERE multitenant.has_permission(''note:read'') AND %s > 0', i) },
		[ q{EXECUTE 'SELECT FROM pg_class WHERE multitenant.has_permission(NULL::bytea)'} ] ],
	[ 'passwords', q{
		ASSERT (SELECT outcome FROM multitenant.authenticate('ada@example.org', c.password, '192.0.2.1', 'agent')) = 'success';
		ASSERT (SELECT outcome FROM multitenant.authenticate('ada@example.org', 'wrong')) = 'invalid_credentials';
		ASSERT (SELECT outcome FROM multitenant.authenticate('nobody@example.org', 'wrong')) = 'invalid_credentials';
		PERFORM multitenant.set_password(c.ada, c.password);
		ASSERT multitenant.change_password(c.ada, c.password, 'nine lives of a cat') = 'success';
		ASSERT multitenant.verify_email(multitenant.issue_email_verification(c.ada)) = 'success';
		ASSERT multitenant.reset_password(multitenant.request_password_reset('ada@example.org'), c.password) = 'success';
		ASSERT multitenant.verify_email('mtv_no') = 'invalid_credentials'},
		[ @none[8 .. 10], q{PERFORM multitenant.authenticate('ada@example.org', c.password, 'no address')},
		  q{PERFORM multitenant.reset_password(multitenant.request_password_reset('ada@example.org'), 'short')} ] ],
	[ 'policy', q{
		UPDATE multitenant."Tenants" SET "securityPolicy" = jsonb_set(c.policy, '{session,sessionTimeout}', to_jsonb(1000 + i % 7)) WHERE id = c.umbrella;
		ASSERT (SELECT outcome FROM multitenant.evaluate_policy(c.umbrella, c.eve, '192.0.2.1', false)) = 'success';
		ASSERT multitenant.count_grace_login(c.umbrella, c.eve) >= 0;
		UPDATE multitenant."TenantUsers" SET "graceLoginsUsed" = 0 WHERE "userId" = c.eve},
		[ q{PERFORM multitenant.evaluate_policy(gen_random_uuid(), c.eve, NULL, false)}, q{PERFORM multitenant.count_grace_login(c.umbrella, NULL)},
		  q{PERFORM multitenant.check_security_policy('{"ipRestrictions": {"allowedRanges": ["10.0.0.0/8", "x"]}}')} ] ],
	[ 'roles', q{
		PERFORM multitenant.create_permission('thing' || i, 'read', 'See it');
		u := multitenant.create_role(c.acme, 'role ' || i, 'A role', '{a,b}', ARRAY['note:read']);
		ASSERT multitenant.grant_permission(u, 'thing' || i || ':read'); ASSERT NOT multitenant.has_permission(c.ben, c.acme, 'thing' || i || ':read');
		ASSERT multitenant.revoke_permission(u, 'note:read'); PERFORM multitenant.rename_role(u, 'renamed ' || i); PERFORM multitenant.delete_role(u);
		DELETE FROM multitenant."Permissions" WHERE resource = 'thing' || i},
		[ q{PERFORM multitenant.create_permission('a:b', 'read')}, q{PERFORM multitenant.create_role(c.acme, 'owner')},
		  q{PERFORM multitenant.create_role(c.acme, 'new', permissions => '{none:none}')}, q{PERFORM multitenant.rename_role(c.role, 'owner')},
		  q{PERFORM multitenant.delete_role(gen_random_uuid())}, q{PERFORM multitenant.grant_permission(c.role, 'none')},
		  q{PERFORM multitenant.revoke_permission(c.role, NULL)}, q{TRUNCATE multitenant."Roles"} ] ],
	[ 'records', q{
		PERFORM multitenant.log_activity(c.ada, 'an action', '{"a": [1, 2]}', '192.0.2.1', 'agent', c.acme);
		PERFORM multitenant.log_security_event(c.ada, 'an.event', '{"a": 1}', 'high', '192.0.2.1', 'agent', c.acme);
		ASSERT multitenant.mark_notification_read(multitenant.send_notification(c.ada, 'a message'));
		ASSERT multitenant.notify_tenant(c.acme, 'to all', 'owner') = 1; ASSERT multitenant.unread_notifications(c.ada) > 0;
		ASSERT multitenant.mark_all_notifications_read(c.ada) > 0; DELETE FROM multitenant."Notifications";
		INSERT INTO multitenant."LoginHistories" ("userId", status, "createdAt") VALUES (c.ada, 'success', now() - interval '1 year');
		ASSERT (SELECT sum(affected) FROM multitenant.run_maintenance(1000)) > 0},
		[ q{PERFORM multitenant.log_activity(gen_random_uuid(), 'an action')}, q{PERFORM multitenant.log_activity(c.ada, '')},
		  q{PERFORM multitenant.log_security_event(c.ada, 'an.event', severity => 'none')}, q{PERFORM multitenant.send_notification(NULL, 'a message')},
		  q{PERFORM multitenant.notify_tenant(gen_random_uuid(), 'to all')}, q{UPDATE multitenant."SecurityAuditLogs" SET event = 'x'},
		  q{DELETE FROM multitenant."SecurityAuditLogs"}, q{TRUNCATE multitenant."SecurityAuditLogs"} ] ],
	[ 'access', q{ PERFORM multitenant.grant_access('memory_role', 'client'); PERFORM multitenant.revoke_access('memory_role') },
		[ q{PERFORM multitenant.grant_access('memory_role', 'none')}, q{PERFORM multitenant.revoke_access('nobody')} ], 10 ],
	[ 'protection', q{
		PERFORM multitenant.protect_table('note', 'tenantId', 'note:read', 'note:write'); PERFORM multitenant.unprotect_table('note')},
		[ q{PERFORM multitenant.protect_table('pg_class')}, q{PERFORM multitenant.unprotect_table('pg_class')} ], 1 ],
	[ 'row security', q{
		PERFORM multitenant.enable_row_security(); PERFORM multitenant.row_security_problems(); PERFORM multitenant.disable_row_security()},
		[ q{SET LOCAL transaction_read_only = on; PERFORM multitenant.enable_row_security()}, q{SET LOCAL transaction_read_only = on; PERFORM multitenant.disable_row_security()} ], 50 ],
);

# What reads alone, for many rows of one statement; i is the number of the row. Of what takes
# long it is a part, as above.
my @rows = (
	q{multitenant.hash_password('password ' || i)}, [ q{multitenant.hash_password('password ' || i, 'bcrypt')}, 3 ],
	q{multitenant.verify_password('password ' || i, :'hash')}, q{multitenant.password_needs_rehash(:'hash' || substr('', i))},
	q{multitenant.password_problems('password' || i, 'ada@example.org')}, q{multitenant.generate_totp_secret(16 + i % 49)},
	q{multitenant.hotp_code(:'secret', i)}, q{multitenant.totp_code(:'secret', now() + i * interval '1 s')},
	q{multitenant.verify_totp(:'secret', (100000 + i % 900000)::text)}, q{multitenant.totp_uri(:'secret', 'user' || i, 'Acme')},
	q{multitenant.qr_svg('otpauth://totp/' || i % 100)}, q{multitenant.qr_text('otpauth://totp/' || i % 100)},
	q{multitenant.find_user('user' || i || '@example.org')}, q{multitenant.current_user_id()}, q{multitenant.current_tenant_id()},
	q{multitenant.has_role(:'ada', :'acme', 'role' || i % 100)}, q{multitenant.has_permission(:'ada', :'acme', 'note:' || i % 100)},
	q{multitenant.has_any_role(:'ada', :'acme', ARRAY['owner', 'role' || i % 100])}, q{multitenant.has_scope(:'ada', :'acme', 'scope' || i % 100)},
	q{multitenant.has_role('role' || i % 100)}, q{multitenant.has_permission('note:' || i % 100)}, q{multitenant.has_scope('scope' || i % 100)},
	q{multitenant.require_permission('note:' || i % 100)}, q{multitenant.is_member()},
	q{multitenant.tenant_has_feature(:'acme', 'feature' || i % 100)}, q{multitenant.check_security_policy(jsonb_set(:'policy', '{session,sessionTimeout}', to_jsonb(1000 + i)))},
	q{(multitenant.evaluate_policy(:'acme', :'ada', '192.0.2.1', i % 2 = 0)).outcome}, q{multitenant.unread_notifications(:'ada')},
	q{multitenant.retention_limit(CASE WHEN i > 0 THEN 'LoginHistories' END)}, q{multitenant.use_session(:'access')},
	q{multitenant.set_context(:'ada', :'acme')}, [ q{multitenant.export_user(:'fay')}, 100 ],
	# "i" beside it: or it would be called once, and its rows kept for the others
	(map { "(SELECT count(called.i) FROM (SELECT i, multitenant.$_) AS called)" } q{member_permissions(:'ada', :'acme')}, q{members_with_permission(:'acme', 'note:' || i % 100)},
		q{user_tenants(:'ada')}, q{visible_user_ids()}, q{visible_role_ids()}, q{list_sessions(:'ada')}, q{verify_session(:'access')}),
	[ '(SELECT count(called.i) FROM (SELECT i, multitenant.row_security_problems()) AS called)', 50 ],
);

my $fixture = q{
	CREATE EXTENSION multitenant CASCADE;
	CREATE TABLE fixture AS SELECT 'correct horse battery' AS password, '{"session": {}, "twoFactor": {"required": true, "graceLogins": 90, "gracePeriodDays": 90}}'::jsonb AS policy,
		u.id[1] AS ada, u.id[2] AS ben, u.id[3] AS eve, u.id[4] AS fay, NULL::uuid AS acme, NULL::uuid AS umbrella, NULL::uuid AS role
		FROM (SELECT array_agg(multitenant.register_user(name || '@example.org', 'correct horse battery') ORDER BY n) AS id FROM unnest('{ada,ben,eve,fay}'::text[]) WITH ORDINALITY AS x (name, n)) AS u;
	UPDATE fixture SET acme = multitenant.create_tenant('Acme', 'acme', 'postgres://acme', ada), umbrella = multitenant.create_tenant('Umbrella', 'umbrella', 'postgres://umbrella', ada);
	UPDATE fixture SET role = (SELECT id FROM multitenant."Roles" WHERE "tenantId" = acme AND name = 'member');
	SELECT multitenant.create_permission('note', 'read'), multitenant.create_permission('note', '*');
	SELECT multitenant.grant_permission(r.id, 'note:*') FROM multitenant."Roles" r, fixture WHERE "tenantId" = acme AND name = 'owner';
	SELECT multitenant.add_member(eve, acme), multitenant.add_member(eve, umbrella) FROM fixture;
	UPDATE multitenant."Tenants" SET "securityPolicy" = '{"twoFactor": {"allowRememberDevice": true}}' WHERE slug = 'acme';
	CREATE TABLE note ("tenantId" uuid);
	CREATE INDEX ON note ("tenantId");
	CREATE ROLE memory_role;
	CREATE FUNCTION used_bytes() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT sum(used_bytes) FROM pg_backend_memory_contexts); END $$;
	CREATE FUNCTION anonymous_kb() RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RETURN substring(pg_read_file('/proc/self/status') FROM 'RssAnon:\s+([0-9]+) kB'); END $$;
	CREATE FUNCTION cpu_seconds() RETURNS float8 LANGUAGE plpgsql AS $$ DECLARE s text[] = string_to_array(pg_read_file('/proc/self/stat'), ' '); BEGIN RETURN (s[14]::float8 + s[15]::float8) / 100; END $$;
	CREATE PROCEDURE forget_records() LANGUAGE plpgsql AS $$ BEGIN
	  SET LOCAL session_replication_role = replica;
	  TRUNCATE multitenant."SecurityAuditLogs", multitenant."LoginHistories", multitenant."ActivityLogs", multitenant."Notifications",
	    multitenant."Invitations", multitenant."OAuthTokens", multitenant."SignInChallenges", multitenant."RememberedDevices";
	  -- what may not be changed
	  PERFORM multitenant.log_security_event(ada, 'an.event') FROM fixture; END $$;
};

sub new_server
{
	my ($name) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name);

	$node->init;
	$node->append_conf('postgresql.conf', q{
autovacuum = off
jit = off
track_functions = all
multitenant.argon2_memory = 8
multitenant.argon2_iterations = 1
multitenant.bcrypt_cost = 4
multitenant.key_file = '} . $node->data_dir . q{/keys'
});
	append_to_file($node->data_dir . '/keys', 'key-1 ' . '0123456789abcdef' x 4 . "\n");
	chmod 0600, $node->data_dir . '/keys';
	$node->start;
	$node->safe_psql('postgres', $fixture);
	return $node;
}

sub procedure
{
	my ($name, $lines) = @_;

	return qq{CREATE PROCEDURE "$name"(first integer, last integer) LANGUAGE plpgsql AS \$body\$
		DECLARE
		  c fixture; u uuid; s text; a record; r record;
		BEGIN
		  SELECT * INTO STRICT c FROM fixture;
		  FOR i IN first .. last LOOP
		    $lines;
		    IF i % 10 = 0 THEN COMMIT; END IF;
		  END LOOP;
		  COMMIT;
		END \$body\$;\n};
}

sub refused
{
	my ($statement) = @_;

	return qq{BEGIN $statement; RAISE 'no error' USING ERRCODE = 'ZZ999';
		EXCEPTION WHEN OTHERS THEN IF sqlstate = 'ZZ999' THEN RAISE 'no error of %', \$q\$$statement\$q\$; END IF; END};
}

# What is in use, and how long the processor was.
my $measures = q{used_bytes(), anonymous_kb(), cpu_seconds()};

# What stays after n more calls, five times. After a hundred calls their records go, which the
# next would have to read past.
sub script_of_calls
{
	my ($name, $n) = @_;
	my $report = "SELECT :'name', $n, $measures;\n";
	my $script = qq{\\set name '$name'\nCALL "$name"(1, 30);\n$report};

	for (my $done = 30; $done < 30 + 5 * $n;)
	{
		my $last = min($done + 100, 30 + $n * (1 + int(($done - 30) / $n)));

		$script .= sprintf qq{CALL "$name"(%d, %d);\n}, $done + 1, $last;
		$script .= "CALL forget_records();\nVACUUM;\n" if $n > 100;
		$script .= $report if ($last - 30) % $n == 0;
		$done = $last;
	}
	return $script . "CALL forget_records();\n";
}

# What a statement holds at its end, with n more rows each time.
sub script_of_rows
{
	my ($name, $n, $expression) = @_;

	return join '', "\\set name 'rows: $name'\n", map { sprintf "SELECT :'name', %d, $measures, count(%s) FROM (SELECT generate_series(1, %d) AS i) AS g;\n",
		$n, $expression, $_ * $n || 30 } 0 .. 5;
}

my (@calls, @reads, %named, %changes_catalog);
my $procedures = '';
for my $line (@lines)
{
	my ($name, $success, $errors, $share) = @$line;

	$procedures .= procedure($name, $success) . procedure("$name, errors", join ";\n", map { refused($_) } @$errors);
	push @calls, script_of_calls($name, max(10, int $fifth / ($share || 1))) . script_of_calls("$name, errors", max(min($fifth, 40), int $fifth / 5));
	$changes_catalog{$name} = 1 if $share;
}
for (@rows)
{
	my ($expression, $share) = ref $_ ? @$_ : ($_, 1);
	my ($name) = $expression =~ /multitenant\.(\w+)/;

	push @reads, script_of_rows($name . ', again' x $named{$name}++, max(10, int $fifth / $share), $expression);
}
push @reads, script_of_rows('has_permission, many', 20 * $fifth, q{multitenant.has_permission(:'ada', :'acme', 'note:' || i % 100)});

my $servers = $ENV{MEMORY_SERVERS} || 1;
my (@nodes, @sessions);
for my $i (0 .. $servers - 1)
{
	my $node = new_server("memory_$i");
	my $file = $node->basedir . '/script';
	my $mine = sub { join '', @_[grep { $_ % $servers == $i } 0 .. $#_] };

	$node->safe_psql('postgres', $procedures);
	append_to_file($file, "SET client_min_messages = warning;\n" . $mine->(@calls) . q{
		SELECT *, multitenant.hash_password('password 1') AS hash, multitenant.generate_totp_secret() AS secret,
			(multitenant.create_session(ada, acme)).access_token AS access FROM fixture \gset
		BEGIN;
		SELECT multitenant.set_context(:'ada', :'acme') \gset
		} . $mine->(@reads) . 'COMMIT;');
	push @nodes, $node;
	push @sessions, [ $file, start([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', $file ],
		'<', \undef, '>', "$file.out", '2>', "$file.err") ];
}

my (%measured, @names, $failed);
for (@sessions)
{
	my ($file, $psql) = @$_;

	$failed = 1 unless finish($psql);
	ok(!$failed, 'every line runs') or diag slurp_file("$file.err");
	for (split /\n/, slurp_file("$file.out"))
	{
		my ($name, $n, $bytes, $kb, $time) = split /\|/;

		next unless defined $time;
		push @names, $name unless $measured{$name};
		push @{ $measured{$name} }, [ $n, $bytes, $kb, $time ];
	}
}
# What a fifth adds: what a leak adds is the same by each of the three ways to see it, but of a
# cache that is there at every other measurement one tells that it comes and goes.
sub increase
{
	my @at = @_;
	my $median = (sort { $a <=> $b } map { $at[$_] - $at[$_ - 1] } 1 .. $#at)[$#at / 2];

	return int min($median, ($at[5] - $at[1]) / 4, (min(@at[4, 5]) - min(@at[1, 2])) / 3);
}

note sprintf '%-30s %7s %10s %10s %10s %8s %8s %8s %8s %8s %8s', 'bytes in use, RssAnon in kB:', 'calls', 'at first', 'a fifth', 'at last', 'increase',
	'at first', 'a fifth', 'at last', 'increase', 's';
ok(!(grep { @{ $measured{$_} } != 6 } @names), 'each was measured');
for my $name (@names)
{
	my @at = @{ $measured{$name} };
	my $n = $at[0][0];
	my @bytes = map { $_->[1] } @at;
	my @kb = map { $_->[2] } @at;

	note sprintf '%-30s %7d %10d %10d %10d %8d %8d %8d %8d %8d %8.2f', $name, 5 * $n, @bytes[0, 1, 5], increase(@bytes),
		@kb[0, 1, 5], increase(@kb), $at[5][3] - $at[0][3];
	cmp_ok(increase(@bytes), '<', $smallest_chunk * $n + ($changes_catalog{$name} ? $slack_of_ddl : $slack),
		"$name: nothing stays in the memory contexts");
	# AddressSanitizer keeps what was freed for a while
	cmp_ok(increase(@kb), '<', $slack_of_malloc, "$name: nor elsewhere") unless $ENV{ASAN_OPTIONS};
}

# The planner asks once_per_query_support; the others raise an error wherever they do something.
my $never = 'guard_log_truncate once_per_query_support refuse_ownerless_truncate refuse_truncate';
my %changes = map { $_ => 1 } qw(disable_row_security enable_row_security grant_access revoke_access row_security_changed row_security_problems);
my (%called, @uncalled, @seldom);
for (1 .. ($failed ? 1 : 180))
{
	%called = ();
	for my $row (map { split /\n/, $_->safe_psql('postgres', q{
		SELECT p.proname, coalesce(sum(s.calls), 0) FROM pg_proc p LEFT JOIN pg_stat_user_functions s ON s.funcid = p.oid
		WHERE p.pronamespace = 'multitenant'::regnamespace GROUP BY 1}) } @nodes)
	{
		my ($name, $n) = split /\|/, $row;

		$called{$name} += $n;
	}
	@uncalled = grep { $called{$_} == 0 } sort keys %called;
	@seldom = grep { $called{$_} > 0 && $called{$_} < 5 * $fifth } sort keys %called;
	last if "@uncalled" eq $never && !grep { !$changes{$_} } @seldom;
	sleep 1;
}
is("@uncalled", $never, 'every function was called');
is(join(' ', grep { !$changes{$_} } @seldom), '', 'and as often as is said, but for those about the catalog');
note sprintf '%d functions; how often those of less than %d calls: %s', scalar(keys %called), 5 * $fifth, join ', ', map { "$_ $called{$_}" } @uncalled, @seldom;

done_testing();
