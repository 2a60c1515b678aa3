# What is passed as a password, code, secret or URL is not in the server's log, even where
# the server logs the statements that fail and the caller wrote it into the text.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('log');
$node->init;
$node->append_conf('postgresql.conf',
	"log_statement = none\nlog_min_error_statement = debug1\nlog_error_verbosity = verbose\nlog_parameter_max_length_on_error = -1\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION multitenant CASCADE');
$node->safe_psql('postgres', q{SELECT multitenant.register_user('ada@example.org', 'correct horse battery')});

# What fails in a worker of a query is logged by its leader too, outside of the function: so none of these may run there.
my $in_workers = $node->safe_psql('postgres', 'SHOW server_version_num') < 160000 ? 'force_parallel_mode' : 'debug_parallel_query';
$node->safe_psql('postgres', "ALTER DATABASE postgres SET $in_workers = on");

# Statements that fail in every way there is, each with one secret of its own.
my @statements = (
	q{SELECT multitenant.register_user('bad address', 'SECRET01')},
	q{SELECT multitenant.register_user('ADA@example.org', 'SECRET02 is long')},
	q{SELECT multitenant.register_user('new@example.org', 'SECRET3')},
	q{SELECT * FROM multitenant.authenticate('ada@example.org', 'SECRET04', 'not an address')},
	q{BEGIN READ ONLY; SELECT * FROM multitenant.authenticate('ada@example.org', 'SECRET05')},
	q{SET statement_timeout = '5ms'; SET multitenant.argon2_iterations = 10; SELECT multitenant.authenticate('nobody@example.org', 'SECRET06')},
	q{SELECT multitenant.hash_password('SECRET07', 'md5')},
	q{SELECT multitenant.hash_password(repeat('SECRET08', 20), 'bcrypt')},
	q{SELECT multitenant.verify_password('SECRET09', '$nothing$known')},
	q{SELECT multitenant.verify_password('x', '$argon2id$v=19$m=64,t=1,p=1$SECRET10')},
	q{SELECT multitenant.password_needs_rehash('$SECRET11$')},
	q{SELECT multitenant.verify_totp('SECRET12', '123456')},
	q{SELECT multitenant.verify_totp('GEZDGNBVGY3TQOJQ', 'SECRET13', digits => 9)},
	q{SELECT multitenant.totp_code('SECRET14')},
	q{SELECT multitenant.hotp_code('GEZDGNBVSECRET15', 0)},
	q{SELECT multitenant.totp_uri('GEZDGNBVSECRET16', 'ada@example.org', 'Acme')},
	q{SELECT multitenant.create_tenant('Acme', 'Bad Slug', 'postgres://u:SECRET17@db')},
	q{DO $$BEGIN PERFORM multitenant.authenticate('ada@example.org', 'SECRET18', 'not an address'); END$$},
	q{SELECT multitenant.set_password((SELECT id FROM multitenant."Users"), 'SECRET2')},
	q{SELECT multitenant.change_password((SELECT id FROM multitenant."Users"), 'SECRET21', 'SECRET3')},
	q{SELECT multitenant.reset_password('mtp_SECRET22', 'SECRET4')},
	q{BEGIN READ ONLY; SELECT multitenant.verify_email('mtv_SECRET23AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA')},
	q{SELECT multitenant.verify_two_factor((SELECT id FROM multitenant."Users"), 'SECRET24')},
	q{SELECT multitenant.confirm_two_factor_setup((SELECT id FROM multitenant."Users"), 'SECRET25')},
	q{SELECT multitenant.disable_two_factor((SELECT id FROM multitenant."Users"), 'SECRET26')},
	q{SELECT multitenant.regenerate_backup_codes((SELECT id FROM multitenant."Users"), 'SECRET27')},
	q{SELECT multitenant.qr_svg(repeat('SECRET28', 1000))},
	q{SELECT multitenant.qr_text(repeat('SECRET29', 1000))},
	q{SET multitenant.password_blocklist_file = '/nonexistent'; SELECT multitenant.password_problems('SECRET30')},
	q{SELECT * FROM multitenant.accept_invitation('mti_SECRET31', '00000000-0000-0000-0000-000000000000')},
	q{SELECT * FROM multitenant.verify_session('mta_SECRET40', 'not an address')},
	q{SELECT multitenant.use_session('mta_SECRET41', 'not an address')},
	q{SELECT * FROM multitenant.refresh_session('mtr_SECRET42', 'not an address')},
	q{BEGIN READ ONLY; SELECT * FROM multitenant.refresh_session('mtr_SECRET43')},
	q{BEGIN READ ONLY; SELECT multitenant.end_session('mta_SECRET44')},
	q{SELECT * FROM multitenant.sign_in('ada@example.org', 'SECRET45', device_token => 'mtd_SECRET46', ip_address => 'not an address')},
	q{BEGIN READ ONLY; SELECT * FROM multitenant.sign_in('ada@example.org', 'SECRET47', device_token => 'mtd_SECRET48')},
	q{SELECT * FROM multitenant.complete_sign_in('mtc_SECRET49', 'SECRET50', ip_address => 'not an address')},
	q{BEGIN READ ONLY; SELECT * FROM multitenant.complete_sign_in('mtc_SECRET51', 'SECRET52')},
	q{SELECT multitenant.create_tenant('Acme', 'a', 'postgres://u:SECRET19@db'); SELECT multitenant.create_tenant('Acme', 'b', 'postgres://u:SECRET19@db')},
);

# Of each function every argument that is a text, whatever it is called, but for these.
my $no_secret = join ', ', map { "'$_'" } qw(account action algorithm description details email event feature google_id grantee ip_address issuer
	log message name permission permissions policy read_permission reason resource role roles scope scopes severity slug status tenant_column
	tenant_slug tier user_agent write_permission);
my %arguments = map { split /\|/ } split /\n/, $node->safe_psql('postgres', qq{
	SELECT p.proname, count(DISTINCT p.proargnames[a.at])
	FROM pg_depend d JOIN pg_proc p ON p.oid = d.objid, unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a (type, at)
	WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
	AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'multitenant')
	AND (SELECT typcategory FROM pg_type WHERE oid = a.type) IN ('A', 'S', 'U') AND a.type <> 'uuid'::regtype AND coalesce(p.proargnames[a.at], '') NOT IN ($no_secret)
	GROUP BY p.proname});
my $secret_functions = join ', ', map { "'$_'" } sort keys %arguments;
is($node->safe_psql('postgres', "SELECT proname FROM pg_proc WHERE pronamespace = 'multitenant'::regnamespace AND proparallel = 's' AND proname IN ($secret_functions)"),
	'', '… and none of them runs in a worker');
my %secrets;
foreach my $statement (@statements)
{
	my @names = $statement =~ /(SECRET\d+)/g;

	@{ $secrets{$_} }{@names} = () foreach $statement =~ /multitenant\.(\w+)\(/g;
}
cmp_ok(scalar keys %arguments, '>=', 28, 'functions take secrets');
is(join(', ', grep { $arguments{$_} > scalar keys %{ $secrets{$_} } } sort keys %arguments), '', '… and each is called with as many below');

foreach my $statement (@statements)
{
	my ($status, $stdout, $stderr) = $node->psql('postgres', $statement, on_error_stop => 1);
	isnt($status, 0, 'it fails: ' . substr($statement, 0, 60));
	my ($error) = $stderr =~ /^(psql:.*?ERROR: .*?(?:\nDETAIL: .*?)?(?:\nHINT: .*?)?)$/m;
	unlike($error // $stderr, qr/SECRET/, '… and the message does not repeat it');
}

# The same where they are parameters, which this server logs with the statements that fail.
sub run_with_parameter
{
	my ($statement, $secret, $like) = @_;
	my $script = $node->basedir . '/parameter.sql';
	my $before = length slurp_file($node->logfile);

	append_to_file($script, $statement);
	$node->command_fails([ 'pgbench', '-n', '-t', 1, '-M', 'extended', '-D', "secret=$secret", '-f', $script, $node->connstr('postgres') ], $statement);
	unlink $script;
	like(substr(slurp_file($node->logfile), $before), qr/$like/, '… as it should');
}
run_with_parameter(q{SELECT multitenant.verify_password('x', :secret)}, 'SECRET60', 'unknown password hash format');
run_with_parameter(q{SELECT * FROM multitenant.sign_in('ada@example.org', :secret, ip_address => 'not an address')}, 'SECRET61', 'invalid input syntax for type inet');

my $log = slurp_file($node->logfile);
like($log, qr/invalid e-mail address/, 'the log has the errors');
my @found = sort keys %{ { map { $_ => 1 } $log =~ /(SECRET\d+)/g } };
is("@found", '', '… and none of the secrets');

# A row that breaks a constraint of an application's is not shown, with what the caller may not read.
$node->safe_psql('postgres', q{UPDATE multitenant."Users" SET "twoFactorSecret" = 'ROWSECRET'});
foreach my $failure (
	[ 'ADD CONSTRAINT application CHECK (name IS NOT NULL) NOT VALID', q{authenticate('ada@example.org', 'correct horse battery')}, 'violates check constraint "application"' ],
	[ 'ALTER avatar SET NOT NULL', q{register_user('bob@example.org', 'correct horse battery')}, 'null value in column "avatar"' ])
{
	my ($change, $call, $like) = @$failure;
	my ($status, $stdout, $stderr) = $node->psql('postgres', qq{\\set VERBOSITY verbose
		BEGIN; UPDATE multitenant."Users" SET avatar = 'a'; ALTER TABLE multitenant."Users" $change; SELECT * FROM multitenant.$call}, on_error_stop => 1);

	like($stderr, qr/$like/, $call);
	like($stderr, qr/^TABLE NAME:  Users$/m, '… and the table');
	unlike($stderr . slurp_file($node->logfile), qr/\$argon2id\$|ROWSECRET/, '… and nothing of the row');
}

# What a trigger of an application's says of itself is passed on.
my ($status, $stdout, $stderr) = $node->psql('postgres', q{
	CREATE FUNCTION limit_users() RETURNS trigger LANGUAGE plpgsql AS
		$$BEGIN RAISE check_violation USING MESSAGE = 'quota', DETAIL = 'Only ten users.', TABLE = 'Users'; END$$;
	CREATE TRIGGER limit_users BEFORE INSERT ON multitenant."Users" FOR EACH ROW EXECUTE FUNCTION limit_users();
	SELECT multitenant.register_user('cyd@example.org')});
like($stderr, qr/quota.*Only ten users/s, 'the detail of an application');

# The control: a statement of somebody else's is logged as ever, so the log was looking.
$node->psql('postgres', q{SELECT 'CONTROL'::int});
like(slurp_file($node->logfile), qr/STATEMENT: .*CONTROL/, 'other statements are logged as ever');
run_with_parameter(q{SELECT 1 / (:secret::text = 'x')::int}, 'CONTROL2', 'division by zero');
like(slurp_file($node->logfile), qr/parameters: .*CONTROL2/, '… with their parameters');

# Where statements are logged, their parameters are as well, unless the administrator has
# done what doc/install.md says.
my $script = $node->basedir . '/sign_in.sql';
append_to_file($script, "SELECT outcome FROM multitenant.authenticate('ada\@example.org', :password);\n");
foreach (['-1', 'LOGGED62'], ['0', 'SECRET62'])
{
	my ($length, $password) = @$_;

	local $ENV{PGOPTIONS} = "-c log_min_duration_statement=0 -c log_parameter_max_length=$length";
	$node->command_ok([ 'pgbench', '-n', '-t', 1, '-M', 'extended', '-D', "password=$password", '-f', $script, 'postgres' ],
		"a sign-in with log_parameter_max_length = $length");
}
$log = slurp_file($node->logfile);
like($log, qr/authenticate\(.*\$1/, 'the statement is logged');
like($log, qr/LOGGED62/, '… by default with the password');
unlike($log, qr/SECRET62/, '… and without it at 0');

done_testing();
