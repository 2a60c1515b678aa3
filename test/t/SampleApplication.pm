# An application on a database with the extension, all of which must work as before wherever
# that database goes: on another version, restored, promoted, on another server.
#
#   my $application = SampleApplication->new($folder);    $folder: where the key file goes
#   $node->append_conf('postgresql.conf', $application->configuration);
#   $application->create_roles($node);                    once for a cluster
#   $application->install($node, $database);
#   $application->copied($node, $database, $new_node, $new_database);    when it is
#   is($application->use($node, $database), $application->expected, '…');
#
# It has users with and without a second factor, whose secret is sealed, a tenant with roles
# and permissions, a database role for each tier, row-level security on the tables of the
# extension, a protected table of its own, and a session that began before all that follows.
package SampleApplication;

use strict;
use warnings;

sub new
{
	my ($class, $folder) = @_;
	my $self = bless { key_file => "$folder/keys" }, $class;

	open my $keys, '>', $self->{key_file} or die "$self->{key_file}: $!";
	print $keys 'k1 ' . '0123456789abcdef' x 4 . "\n";
	close $keys;
	chmod 0600, $self->{key_file} or die "$self->{key_file}: $!";
	return $self;
}

sub configuration
{
	my ($self) = @_;
	return "multitenant.key_file = '$self->{key_file}'\nmultitenant.argon2_memory = 64\ntimezone = 'UTC'\n";
}

sub create_roles
{
	my ($self, $node) = @_;
	$node->safe_psql('postgres', 'CREATE ROLE sample_service LOGIN; CREATE ROLE sample_admin LOGIN; CREATE ROLE sample_client LOGIN; CREATE ROLE sample_owner');
}

# What a database needs that the catalog of the extension is compared in.
sub configure_access
{
	my ($self, $node, $database) = @_;
	$node->safe_psql($database, q{
		SELECT multitenant.grant_access('sample_service', 'service'), multitenant.grant_access('sample_admin', 'admin'),
		       multitenant.grant_access('sample_client', 'client');
		GRANT SELECT (id, email) ON multitenant."Users" TO sample_service;
		SELECT multitenant.enable_row_security()});
}

sub install
{
	my ($self, $node, $database) = @_;

	$self->configure_access($node, $database);
	my $secret = $node->safe_psql($database, q{
		SET client_min_messages = warning;
		CREATE SCHEMA sample AUTHORIZATION sample_owner;
		GRANT USAGE ON SCHEMA sample TO sample_service, sample_client;
		GRANT EXECUTE ON FUNCTION multitenant.protect_table TO sample_owner;
		GRANT REFERENCES (id) ON multitenant."Tenants" TO sample_owner;
		SET ROLE sample_owner;
		CREATE TABLE sample.notes (id integer PRIMARY KEY, "tenantId" uuid NOT NULL REFERENCES multitenant."Tenants" (id), note text);
		CREATE INDEX ON sample.notes ("tenantId");
		GRANT SELECT, INSERT ON sample.notes TO sample_service, sample_client;
		RESET ROLE;
		CREATE TEMP TABLE made AS
		SELECT multitenant.register_user('bob@sample.example', 'correct horse battery', 'Bob') AS bob,
		       multitenant.register_user('eve@sample.example', 'staple correct horse', 'Eve') AS eve;
		CREATE TEMP TABLE tenants AS
		SELECT multitenant.create_tenant('Sample', 'sample', 'postgres://sample', bob) AS sample,
		       multitenant.create_tenant('Other', 'other', 'postgres://other', eve) AS other FROM made;
		DO $$BEGIN
			UPDATE multitenant."Tenants" SET "securityPolicy" = jsonb_set("securityPolicy", '{session,maxConcurrentSessions}', '0');
			PERFORM multitenant.create_permission('sample-note', 'read');
			PERFORM multitenant.create_role(sample, 'reader', scopes => '{notes}', permissions => '{sample-note:read}') FROM tenants;
			PERFORM multitenant.add_member(eve, sample, '{reader}') FROM made, tenants;
			PERFORM multitenant.assign_role(bob, sample, 'reader') FROM made, tenants;
			INSERT INTO sample.notes SELECT n, CASE WHEN n % 3 = 0 THEN other ELSE sample END, 'note ' || n FROM tenants, generate_series(1, 9) n;
		END$$;
		SET ROLE sample_owner;
		DO $$BEGIN PERFORM multitenant.protect_table('sample.notes', 'tenantId', 'sample-note:read', 'sample-note:read'); END$$;
		RESET ROLE;
		SELECT secret FROM made, multitenant.begin_two_factor_setup(eve)});
	$node->safe_psql($database, qq{
		SELECT multitenant.confirm_two_factor_setup(multitenant.find_user('eve\@sample.example'), multitenant.totp_code('$secret'))});
	$self->{tokens}{ copy_of($node, $database) } = [ split(/\|/, $node->safe_psql($database, q{
		SELECT access_token, refresh_token
		FROM multitenant.sign_in('bob@sample.example', 'correct horse battery', 'sample', '192.0.2.1')})), $secret ];
}

sub copy_of { my ($node, $database) = @_; return $node->name . '/' . $database; }

# The access and the refresh token of the session from before, in that database, and Eve's
# secret of one-time passwords.
sub tokens
{
	my ($self, $node, $database) = @_;
	return @{ $self->{tokens}{ copy_of($node, $database) } or die 'there is no such copy' };
}

# To be called when the database is copied, since each copy renews the session on its own.
sub copied
{
	my ($self, $node, $database, $new_node, $new_database) = @_;
	$self->{tokens}{ copy_of($new_node, $new_database) } = [ $self->tokens($node, $database) ];
}

# Runs SQL by a role, undef for the superuser, and returns what it says, errors as their SQLSTATE.
sub answer
{
	my ($node, $database, $role, $sql) = @_;
	my ($stdout, $stderr) = ('', '');

	$node->psql($database, "\\set VERBOSITY sqlstate\n$sql", stdout => \$stdout, stderr => \$stderr,
		extra_params => [ $role ? ('-U', $role) : () ], on_error_stop => 0);
	$stdout .= " $1" while $stderr =~ /ERROR:\s+(\w{5})/g;
	$stdout .= " $stderr" if $stderr ne '' && $stderr !~ /ERROR/;
	return $stdout;
}

# Does everything once, and returns what was said.
sub use
{
	my ($self, $node, $database) = @_;
	my ($access, $refresh, $secret) = $self->tokens($node, $database);
	my @said;

	my $say = sub {
		my ($what, $role, $sql) = @_;
		my $answer = answer($node, $database, $role, $sql);
		$answer =~ s/\s+/ /g;
		$answer =~ s/^ //;
		push @said, "$what: $answer";
	};

	$say->('the session from before', 'sample_service',
		"SELECT roles, scopes FROM multitenant.verify_session('$access', '192.0.2.1')");
	my $pair = answer($node, $database, 'sample_service', "SELECT access_token, refresh_token FROM multitenant.refresh_session('$refresh')");
	if ($pair =~ /^(mta_[\w-]+)\|(mtr_[\w-]+)$/)
	{
		push @said, 'it is refreshed';
		$self->{tokens}{ copy_of($node, $database) } = [ $1, $2, $secret ];
		$say->('and good', 'sample_service', "SELECT roles, scopes FROM multitenant.verify_session('$1', '192.0.2.1')");
		$say->('a client uses it', 'sample_client', qq{
			BEGIN;
			SELECT multitenant.use_session('$1', '192.0.2.1');
			SELECT multitenant.has_permission('sample-note:read'), multitenant.has_permission('none:such'), multitenant.is_member();
			SELECT array_agg(id ORDER BY id) FROM sample.notes;
			COMMIT;
			SELECT count(*) FROM sample.notes});
		$say->('not to insert for another', 'sample_client', qq{
			BEGIN;
			SELECT multitenant.use_session('$1', '192.0.2.1');
			INSERT INTO sample.notes SELECT 100, md5('')::uuid});
	}
	else
	{
		push @said, "it is not refreshed: $pair";
	}
	$say->('a wrong password', 'sample_service', q{SELECT outcome FROM multitenant.authenticate('bob@sample.example', 'wrong')});
	$say->('sign-in', 'sample_service', q{
		SELECT outcome, s.tenant_id = t.tenant_id FROM multitenant.sign_in('bob@sample.example', 'correct horse battery', 'sample', '192.0.2.1') s,
		       multitenant.user_tenants(multitenant.find_user('bob@sample.example')) t});
	# a time step is good once; this sets back what the steps before were
	$node->safe_psql($database, q{UPDATE multitenant."Users" SET "twoFactorLastUsedStep" = 1 WHERE email = 'eve@sample.example'});
	$say->('sign-in with two factors', 'sample_service', qq{
		SELECT outcome, challenge FROM multitenant.sign_in('eve\@sample.example', 'staple correct horse', 'sample') \\gset
		SELECT outcome FROM multitenant.complete_sign_in(:'challenge', multitenant.totp_code('$secret'))});
	$say->('the step again', 'sample_service', qq{
		SELECT outcome FROM multitenant.verify_two_factor(multitenant.find_user('eve\@sample.example'), multitenant.totp_code('$secret', now() - interval '30 s'))});
	$say->('columns granted', 'sample_service', qq{
		BEGIN;
		SELECT multitenant.set_context(multitenant.find_user('bob\@sample.example'), tenant_id) IS NULL
		FROM multitenant.user_tenants(multitenant.find_user('bob\@sample.example'));
		SELECT email FROM multitenant."Users" WHERE email ~ '^(bob|eve)\@sample' ORDER BY 1;
		COMMIT;
		SELECT password FROM multitenant."Users"});
	$say->('an administrator reads', 'sample_admin', q{SELECT count(*) FROM multitenant."Users" WHERE email ~ '^(bob|eve)@sample'});
	$say->('and does not write', 'sample_admin', q{UPDATE multitenant."Users" SET name = name});
	$say->('the log is kept', undef, q{DELETE FROM multitenant."LoginHistories"});
	$say->('a role must be there', undef, q{UPDATE multitenant."TenantUsers" SET roles = '{no such role}'});
	$say->('protection', undef, q{SELECT * FROM multitenant.row_security_problems() WHERE relation IS NOT NULL});
	return join "\n", @said;
}

sub expected
{
	return join "\n",
	  'the session from before: {owner,reader}|{*,notes}',
	  'it is refreshed',
	  'and good: {owner,reader}|{*,notes}',
	  'a client uses it: t t|f|t {1,2,4,5,7,8} 0',
	  'not to insert for another: t 42501',
	  'a wrong password: invalid_credentials',
	  'sign-in: success|t',
	  'sign-in with two factors: success',
	  'the step again: invalid_credentials',
	  'columns granted: f bob@sample.example eve@sample.example 42501',
	  'an administrator reads: 2',
	  'and does not write: 42501',
	  'the log is kept: 42501',
	  'a role must be there: 23503',
	  'protection: ';
}

1;
