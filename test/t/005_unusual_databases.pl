# Databases that are not as most are: of other encodings and collations, with settings that
# change how SQL reads and writes, with pgcrypto elsewhere, and of an owner who is a superuser
# no longer. The application works on each as on any other.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use SampleApplication;
use Test::More;

my $application = SampleApplication->new(PostgreSQL::Test::Utils::tempdir());
my $node = PostgreSQL::Test::Cluster->new('unusual');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', $application->configuration);
$node->start;
$application->create_roles($node);

sub create_database
{
	my ($database, $options, @statements) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 $options");
	$node->safe_psql('postgres', "ALTER DATABASE $database $_") foreach @statements;
}

sub install_by
{
	my ($database, $role) = @_;
	$node->safe_psql($database, 'SET client_min_messages = warning; CREATE EXTENSION multitenant CASCADE',
		extra_params => $role ? [ '-U', $role ] : []);
}

sub works
{
	my ($database, $what) = @_;
	$application->install($node, $database);
	is($application->use($node, $database), $application->expected, $what);
}

# Whatever the collation makes of an I.
sub mailboxes
{
	my ($database) = @_;
	$node->safe_psql($database, q{SELECT multitenant.register_user('IRIS@I.example', 'correct horse battery')});
	return $node->safe_psql($database, q{
		SELECT outcome, multitenant.find_user('iris@i.example') IS NOT NULL, array_length(multitenant.password_problems('ILOVEYOU'), 1)
		FROM multitenant.authenticate('Iris@i.EXAMPLE', 'correct horse battery')});
}

foreach my $encoding ('LATIN1', 'SQL_ASCII')
{
	my $database = lc $encoding;
	create_database($database, "ENCODING '$encoding' LOCALE 'C'");
	install_by($database);
	works($database, "encoding $encoding");
	is(mailboxes($database), 'success|t|1', '… with mailboxes in any case');
}

SKIP:
{
	skip 'no database of ICU', 2
	  unless $node->safe_psql('postgres', q{SELECT current_setting('server_version_num')::int >= 150000 AND EXISTS (SELECT FROM pg_collation WHERE collname = 'tr-x-icu')}) eq 't';

	# where I is no capital of i
	create_database('turkish', q{LOCALE_PROVIDER icu ICU_LOCALE 'tr-TR' LOCALE 'C' ENCODING 'UTF8'});
	install_by('turkish');
	works('turkish', 'a Turkish collation');
	is(mailboxes('turkish'), 'success|t|1', '… with mailboxes in any case');
}

create_database('settings', '', map { "SET $_" }
	  'quote_all_identifiers = on', 'standard_conforming_strings = off', 'escape_string_warning = off', 'array_nulls = off',
	  'transform_null_equals = on', q{default_transaction_isolation = 'serializable'}, q{DateStyle = 'German'},
	  q{IntervalStyle = 'sql_standard'}, q{TimeZone = 'Asia/Kathmandu'}, q{bytea_output = 'escape'}, 'extra_float_digits = -15',
	  q{plan_cache_mode = 'force_generic_plan'}, 'enable_indexscan = off', 'enable_seqscan = off');
install_by('settings');
$node->safe_psql('postgres', q{ALTER DATABASE settings SET search_path = ''});
works('settings', 'settings that change how SQL reads and writes');

create_database('elsewhere', '');
$node->safe_psql('elsewhere', 'CREATE SCHEMA crypto; CREATE EXTENSION pgcrypto SCHEMA crypto; CREATE EXTENSION multitenant');
$node->safe_psql('elsewhere', 'CREATE SCHEMA other; ALTER EXTENSION pgcrypto SET SCHEMA other');
works('elsewhere', 'pgcrypto in another schema');
is($node->safe_psql('elsewhere', q{SELECT multitenant.verify_password('x', multitenant.hash_password('x', 'bcrypt'))}), 't', '… and bcrypt');

$node->safe_psql('postgres', 'CREATE ROLE installer SUPERUSER LOGIN');
create_database('handed_over', '');
install_by('handed_over', 'installer');
$node->safe_psql('postgres', 'ALTER ROLE installer NOSUPERUSER; ALTER ROLE installer RENAME TO former');
works('handed_over', 'an owner who was a superuser, and had another name');

done_testing();
