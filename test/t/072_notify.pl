# A real listener hears of notifications when they are committed, of each once, and never
# their text; a message to very many members is one announcement.

use strict;
use warnings;

use IPC::Run qw(start pump);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('notify');
$node->init;
$node->append_conf('postgresql.conf', 'max_prepared_transactions = 2');
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION multitenant CASCADE;
	CREATE ROLE listener LOGIN;
	INSERT INTO multitenant."Users" (email) SELECT 'u' || i || '@example.org' FROM generate_series(1, 1001) i;
	SELECT multitenant.create_tenant(s, s, s) FROM unnest('{three,limit,many}'::text[]) AS s;
	INSERT INTO multitenant."TenantUsers" ("userId", "tenantId")
	SELECT u.id, t.id FROM multitenant."Users" u, multitenant."Tenants" t
	WHERE substr(u.email, 2, strpos(u.email, '@') - 2)::int <= CASE t.slug WHEN 'three' THEN 3 WHEN 'limit' THEN 1000 ELSE 1001 END;
});
my $ada = $node->safe_psql('postgres', q{SELECT id FROM multitenant."Users" WHERE email = 'u1@example.org'});

# The listener is a role without any right on the schema: psql says what it heard after
# each statement.
my ($in, $out) = ('', '');
my $listener = start(
	[ 'psql', '-XAtq', '-U', 'listener', '-d', $node->connstr('postgres') ],
	'<', \$in, '>', \$out, '2>&1', IPC::Run::timeout(60));

# What it heard since it was asked last, payload by payload.
my $question = 0;
sub heard
{
	$question++;
	$in .= "SELECT 'answer $question';\n";
	pump $listener until $out =~ /answer $question\n(?:Asynch[^\n]*\n)*$/;
	$in .= "SELECT 'end $question';\n";
	pump $listener until $out =~ /end $question\n/;
	my @payloads = $out =~ /notification "multitenant_notifications" with payload "(.*?)" received/g;
	$out = '';
	return @payloads;
}

sub id { return qr/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/; }

$in .= "LISTEN multitenant_notifications;\n";
is(scalar heard(), 0, 'silence at first');

my $sent = $node->safe_psql('postgres', "SELECT multitenant.send_notification('$ada', 'a secret message')");
my @payloads = heard();
is("@payloads", qq({"id": "$sent", "userId": "$ada"}), 'a notification is heard once, as the contract says');

$node->safe_psql('postgres', "BEGIN; SELECT multitenant.send_notification('$ada', 'x'); ROLLBACK");
$node->safe_psql('postgres', "SELECT multitenant.mark_all_notifications_read('$ada')");
is(scalar heard(), 0, 'what is rolled back is not heard of, nor a mark');

$node->safe_psql('postgres', "BEGIN; SELECT multitenant.send_notification('$ada', 'same'); SELECT multitenant.send_notification('$ada', 'same'); COMMIT");
is(scalar heard(), 2, 'two alike are two');

$node->safe_psql('postgres', q{SELECT multitenant.notify_tenant(id, 'a secret message') FROM multitenant."Tenants" WHERE slug = 'three'});
is_deeply([ sort(heard()) ],
	[ sort split /\n/, $node->safe_psql('postgres', q{
		SELECT format('{"id": "%s", "userId": "%s"}', id, "userId") FROM multitenant."Notifications"
		WHERE "createdAt" = (SELECT max("createdAt") FROM multitenant."Notifications")}) ],
	'to a tenant: each member\'s');

is($node->safe_psql('postgres', q{SELECT multitenant.notify_tenant(id, 'x') FROM multitenant."Tenants" WHERE slug = 'limit'}), 1000, 'to 1000 members');
@payloads = heard();
is(scalar @payloads, 1000, '… each is announced');
is(scalar(grep { !/^\{"id": "${\id()}", "userId": "${\id()}"\}$/ } @payloads), 0, '… in the same words');

is($node->safe_psql('postgres', q{SELECT multitenant.notify_tenant(id, 'x') FROM multitenant."Tenants" WHERE slug = 'many'}), 1001, 'to more');
my $many = $node->safe_psql('postgres', q{SELECT id FROM multitenant."Tenants" WHERE slug = 'many'});
@payloads = heard();
is("@payloads", qq({"tenantId": "$many"}), '… they are announced at once');
is($node->safe_psql('postgres', q{SELECT count(DISTINCT "userId") FROM multitenant."Notifications" WHERE message = 'x'}), 1001, '… and all have it');

my ($status, $stdout, $stderr) = $node->psql('postgres',
	"\\set VERBOSITY sqlstate\nBEGIN; SELECT multitenant.send_notification('$ada', 'x'); PREPARE TRANSACTION 'p';");
like($stderr, qr/0A000/, 'such a transaction cannot be prepared');

$in .= "\\q\n";
$listener->finish;
done_testing();
