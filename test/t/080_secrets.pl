# Secrets at rest: the key file, sealing, rotation, and what does not open. What is in the
# column is opened by another implementation, node's crypto.

use strict;
use warnings;

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('secrets');
$node->init;
# Statements of this test have secrets in their text; what the extension logs is looked at.
$node->append_conf('postgresql.conf', "log_statement = none\n");
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION multitenant CASCADE');

my $folder = PostgreSQL::Test::Utils::tempdir;
my $file = "$folder/keys";
my $create_key = 'src/tools/create_key';

sub create_key
{
	my ($name) = @_;
	my ($stdout, $stderr) = ('', '');
	my $done = IPC::Run::run([ $create_key, $name ], '<', \undef, '>', \$stdout, '2>', \$stderr);
	return ($done, $stdout, $stderr);
}

sub write_file
{
	my ($name, $text, $mode) = @_;

	unlink $name;
	open my $out, '>', $name or die "$name: $!";
	print $out $text;
	close $out;
	chmod $mode // 0600, $name or die "$name: $!";
}

sub keys_of
{
	my %keys = slurp_file($_[0]) =~ /^([\w-]+) ([0-9a-f]{64})$/mg;
	return %keys;
}

# Runs SQL with the key file set. Returns standard output, and the errors with their SQLSTATEs.
sub run_sql
{
	my ($sql, %options) = @_;
	my ($stdout, $stderr);
	my $key_file = $options{key_file} // $file;
	my $database = $options{database} // 'postgres';

	$node->psql($database, "\\set VERBOSITY verbose\nLOAD 'multitenant';\nSET multitenant.key_file = '$key_file';\n$sql",
		stdout => \$stdout, stderr => \$stderr, on_error_stop => 0);
	return ($stdout, $stderr);
}

sub column
{
	my ($database) = @_;
	my %column = map { split /\|/ } split /\n/, $node->safe_psql($database // 'postgres',
		q{SELECT split_part(email, '@', 1), coalesce("twoFactorSecret", '') FROM multitenant."Users" ORDER BY 1});
	return \%column;
}

# Opens with node what a user's column holds; empty when it does not open.
sub open_with_node
{
	my ($sealed, $user_id, $key) = @_;
	my $program = q{
		const [sealed, user, key] = process.argv.slice(1);
		const bytes = Buffer.from(sealed.split('$')[2], 'base64');
		const d = require('crypto').createDecipheriv('aes-256-gcm', Buffer.from(key, 'hex'), bytes.subarray(0, 12));
		d.setAAD(Buffer.concat([Buffer.from('multitenant:Users.twoFactorSecret:'),
			Buffer.from(user.replace(/-/g, ''), 'hex')]));
		d.setAuthTag(bytes.subarray(-16));
		try { console.log(Buffer.concat([d.update(bytes.subarray(12, -16)), d.final()]).toString()); }
		catch (e) { process.exit(1); }
	};
	my ($stdout, $stderr) = ('', '');
	IPC::Run::run([ 'node', '-e', $program, $sealed, $user_id, $key ], '>', \$stdout, '2>', \$stderr);
	chomp $stdout;
	return $stdout;
}

#
# The script
#

my ($done, $stdout, $stderr) = create_key($file);
ok($done, 'a key file is made') or diag($stderr);
is(sprintf('%04o', (stat $file)[2] & 07777), '0600', '… that its owner alone can read');
my %first = keys_of($file);
is(scalar keys %first, 1, '… with one key');
my ($first_id) = keys %first;
like($stdout, qr/\Q$first_id\E/, '… whose id is told');
unlike($stdout . $stderr, qr/[0-9a-f]{64}/, '… and not the key');

my $before = slurp_file($file);
create_key($file);
my %both = keys_of($file);
is(substr(slurp_file($file), 0, length $before), $before, 'what was in the file stays');
is(scalar keys %both, 2, '… and a second key is behind it');
is(scalar keys %{ { reverse %both } }, 2, '… another one');
write_file("$folder/open", 'old ' . '0' x 64);
create_key("$folder/open");
like(slurp_file("$folder/open"), qr/\Aold 0{64}\n[\w-]+ [0-9a-f]{64}\n\z/, 'a last line without its end gets one');
($done) = create_key($folder);
ok(!$done, 'a folder is refused');
($done) = create_key("$folder/no/keys");
ok(!$done, 'so is a file in a folder that is not there');
symlink "$folder/nowhere", "$folder/dangling";
($done) = create_key("$folder/dangling");
ok(!$done && !-e "$folder/nowhere", 'so is a link to nothing');

#
# Sealing
#

write_file($file, $before);
my %secret = (
	ada  => 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ',
	bob  => 'MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43U',
	cleo => 'A' x 1024);
my %id;
foreach my $name (sort keys %secret, 'dora')
{
	$id{$name} = $node->safe_psql('postgres', "SELECT multitenant.register_user('$name\@example.org')");
	$node->safe_psql('postgres', qq{UPDATE multitenant."Users" SET "twoFactorSecret" = '$secret{$name}' WHERE id = '$id{$name}'})
	  if $secret{$name};
}
# a deleted user comes back with the second factor
$node->safe_psql('postgres', "SELECT multitenant.delete_user('$id{bob}')");

($stdout, $stderr) = run_sql('SELECT multitenant.rewrap_secrets(); SELECT multitenant.rewrap_secrets();');
is($stdout, "3\n0", 'what is stored in the clear is sealed, once') or diag($stderr);
my $column = column();
foreach my $name (sort keys %secret)
{
	like($column->{$name}, qr{^mt1\$\Q$first_id\E\$[A-Za-z0-9+/]+$}, "$name: sealed with the key");
	is(open_with_node($column->{$name}, $id{$name}, $first{$first_id}), $secret{$name}, "… and node opens it");
}
is(open_with_node($column->{ada}, $id{bob}, $first{$first_id}), '', 'for its own user alone');
is($column->{dora}, undef, 'a user without a secret has none');
is($node->safe_psql('postgres', q{SELECT details->>'count', details->>'keyId', severity FROM multitenant."SecurityAuditLogs" WHERE event = 'secrets.rewrapped'}),
	"3|$first_id|medium", 'one audit row, with the count');

#
# Rotation
#

create_key($file);
my %keys = keys_of($file);
my ($second_id) = grep { $_ ne $first_id } keys %keys;
($stdout) = run_sql(join ' ', ('SELECT multitenant.rewrap_secrets(2);') x 3);
is($stdout, "2\n1\n0", 'rotation in batches');
my $rotated = column();
foreach my $name (sort keys %secret)
{
	like($rotated->{$name}, qr/^mt1\$\Q$second_id\E\$/, "$name: sealed with the newest key");
	is(open_with_node($rotated->{$name}, $id{$name}, $keys{$second_id}), $secret{$name}, '… and the secret is the same');
}

# A key that sorts before the one in use counts as well as one behind it.
write_file($file, slurp_file($file) . '0 ' . '1' x 64 . "\nzzz " . '2' x 64 . "\n");
($stdout) = run_sql('SELECT multitenant.rewrap_secrets();');
write_file($file, slurp_file($file) . '00 ' . '3' x 64 . "\n");
my ($again) = run_sql('SELECT multitenant.rewrap_secrets();');
is("$stdout $again", '3 3', 'ids in any order: the last line is the newest');
is(open_with_node(column()->{ada}, $id{ada}, '3' x 64), $secret{ada}, '… and seals');

# One session, while the file changes under it: another key, another mode, another file.
write_file("$folder/other", slurp_file($file) . 'other ' . '4' x 64 . "\n");
($stdout, $stderr) = run_sql(qq{
	SELECT multitenant.rewrap_secrets();
	\\! printf 'appended %064d\\n' 5 >>$file
	SELECT multitenant.rewrap_secrets();
	SELECT DISTINCT split_part("twoFactorSecret", '\$', 2) FROM multitenant."Users" WHERE "twoFactorSecret" IS NOT NULL;
	\\! chmod 640 $file
	SELECT multitenant.rewrap_secrets();
	\\! chmod 400 $file
	SELECT multitenant.rewrap_secrets();
	\\! printf 'appended %064d\\n' 5 >>$folder/other; mv $folder/other $file
	SELECT multitenant.rewrap_secrets();
	\\! printf 'last %064d\\n' 6 >>$file
	SELECT multitenant.rewrap_secrets();
	\\! mv $file $folder/away
	SELECT multitenant.rewrap_secrets();
	\\! mv $folder/away $file
	SELECT multitenant.rewrap_secrets();
});
is($stdout, "0\n3\nappended\n0\n0\n3\n0", 'a session sees each change of the file at once');
is(join(' ', $stderr =~ /ERROR:  (\w+):/g), 'F0000 F0000', '… and refuses what is no longer good');
like($stderr, qr/Others than its owner have access to it.*It cannot be opened: No such file/s, '… saying why');

#
# What does not open stays as it is
#

my $good = column();
my $good_file = slurp_file($file);
create_key($file);

sub does_not_open
{
	my ($name, $sealed, $sqlstate, $message) = @_;

	$node->safe_psql('postgres', qq{UPDATE multitenant."Users" SET "twoFactorSecret" = '$sealed' WHERE id = '$id{ada}'});
	my $before = column();
	my ($stdout, $stderr) = run_sql('SELECT multitenant.rewrap_secrets();');
	like($stderr, qr/ERROR:  $sqlstate: $message.*DETAIL:  It belongs to the user $id{ada}\..*HINT:/s, "$name: refused") or diag($stdout);
	is_deeply(column(), $before, '… and all is as it was');
}

my $does_not_open = 'sealed two-factor secret does not open';
does_not_open('moved from another user', $good->{bob}, 'XX001', $does_not_open);
(my $changed = $good->{ada}) =~ s/(.)(?=.{9}$)/$1 eq 'A' ? 'B' : 'A'/e;
does_not_open('changed', $changed, 'XX001', $does_not_open);
does_not_open('cut short', substr($good->{ada}, 0, -4), 'XX001', $does_not_open);
does_not_open('longer', "$good->{ada}AAAA", 'XX001', $does_not_open);
does_not_open('padded', "$good->{ada}=", 'XX001', $does_not_open);
does_not_open('much too long', 'mt1$last$' . 'A' x 100_000, 'XX001', $does_not_open);
does_not_open($_, $_, 'XX001', $does_not_open)
  foreach 'mt1$', 'mt1$last', 'mt1$last$', 'mt1$$AAAA', 'mt1$la st$AAAA', 'mt1$' . 'a' x 33 . '$AAAA';
does_not_open('an unknown key', 'mt1$unknown$' . 'A' x 40, '55000', 'two-factor secret is sealed with the key "unknown"');

$node->safe_psql('postgres', qq{UPDATE multitenant."Users" SET "twoFactorSecret" = '$good->{ada}' WHERE id = '$id{ada}'});
write_file($file, 'new ' . '7' x 64 . "\n");
($stdout, $stderr) = run_sql('SELECT multitenant.rewrap_secrets();');
like($stderr, qr/ERROR:  55000: .*"last"/, 'an old key that was taken away is missed');
write_file($file, 'last ' . '7' x 64 . "\nnew " . '7' x 64 . "\n");
($stdout, $stderr) = run_sql('SELECT multitenant.rewrap_secrets();');
like($stderr, qr/ERROR:  XX001: /, 'another key of the same id opens nothing');
is_deeply(column(), $good, '… and nothing was lost');
write_file($file, $good_file . 'new ' . '7' x 64 . "\n");
($stdout, $stderr) = run_sql('SELECT multitenant.rewrap_secrets();');
is($stdout, '3', 'with the old key back, all is well');
is(open_with_node(column()->{cleo}, $id{cleo}, '7' x 64), $secret{cleo}, '… and the secret is the one of the beginning');

#
# A dump takes what is sealed as it is, and the keys take care of the rest
#

$node->safe_psql('postgres', 'CREATE DATABASE copy');
my $dump = "$folder/dump.sql";
$node->command_ok([ 'pg_dump', '-d', $node->connstr('postgres'), '-f', $dump ], 'a dump');
my $dumped = slurp_file($dump);
unlike($dumped, qr/$secret{ada}|$secret{bob}/, '… has no secret in the clear');
unlike($dumped, qr/7{64}/, '… and no key');
$node->command_ok([ 'psql', '-X', '-q', '-d', $node->connstr('copy'), '-f', $dump ], '… is restored');
is_deeply(column('copy'), column(), '… as it was');
create_key($file);
%keys = keys_of($file);
($stdout, $stderr) = run_sql('SELECT multitenant.rewrap_secrets();', database => 'copy');
is($stdout, '3', '… and the copy opens with the same keys') or diag($stderr);

#
# Files that are refused
#

my $line = 'good ' . '8' x 64 . "\n";
my %bad = (
	'an empty file'            => ['', 'It holds no key'],
	'comments alone'           => ["# nothing\n\n", 'It holds no key'],
	'a digit too few'          => [ 'a ' . '8' x 63 . "\n", 'Line 1: it is not'],
	'a digit too many'         => [ $line . 'a ' . '8' x 65 . "\n", 'Line 2: it is not'],
	'no hexadecimal digit'     => [ 'a ' . '8' x 63 . "g\n", 'Line 1: it is not'],
	'no id'                    => [ '8' x 64 . "\n", 'Line 1: it is not'],
	'two spaces'               => [ 'a  ' . '8' x 64 . "\n", 'Line 1: it is not'],
	'a space at the end'       => [ 'a ' . '8' x 64 . " \n", 'Line 1: it is not'],
	'a space at the beginning' => [ ' a ' . '8' x 64 . "\n", 'Line 1: it is not'],
	'an empty id'              => [ ' ' . '8' x 64 . "\n", 'Line 1: an id is'],
	'a carriage return'        => [ 'a ' . '8' x 64 . "\r\n", 'Line 1: it is not'],
	'an id with a dollar sign' => [ 'a$ ' . '8' x 64 . "\n", 'Line 1: an id is'],
	'an id of 33'              => [ 'a' x 33 . ' ' . '8' x 64 . "\n", 'Line 1: an id is'],
	'an id twice'              => [ "# two\n$line" . 'good ' . '9' x 64 . "\n", 'Line 3: its id'],
	'a zero byte'              => [ "a\0 " . '8' x 64 . "\n", 'Line 1: an id is'],
	'101 keys'                 => [ join('', map { "k$_ " . '8' x 64 . "\n" } 1 .. 101), 'Line 101: it is one key too many'],
	'more than 64 kB'          => [ $line . '#' x 65_536, 'It is larger than 64 kB'],
	'readable by the group'    => [ $line, 'Others than its owner', 0640 ],
	'writable by the group'    => [ $line, 'Others than its owner', 0620 ],
	'readable by others'       => [ $line, 'Others than its owner', 0604 ],
	'executable by others'     => [ $line, 'Others than its owner', 0601 ],
);
$before = column();
foreach my $name (sort keys %bad)
{
	my ($text, $reason, $mode) = @{ $bad{$name} };

	write_file("$folder/bad", $text, $mode // 0600);
	($stdout, $stderr) = run_sql('SELECT multitenant.rewrap_secrets();', key_file => "$folder/bad");
	like($stderr, qr/ERROR:  F0000: .*\nDETAIL:  \Q$reason\E.*\nHINT:/, "$name: refused") or diag("$stdout$stderr");
	unlike($stderr, qr/8{20}|9{20}|\Q$folder\E/, '… without a word of the keys or of where they are');
}
like(slurp_file($node->logfile), qr{File "\Q$folder\E/bad": Line 101}, 'the log tells where');
is_deeply(column(), $before, 'none of them changed anything');

system('mkfifo', "$folder/fifo") == 0 or die "mkfifo: $?";
chmod 0600, "$folder/fifo";
($stdout, $stderr) = run_sql("SET statement_timeout = '5s'; SELECT multitenant.rewrap_secrets();", key_file => "$folder/fifo");
like($stderr, qr/F0000: .*DETAIL:  It is not a regular file/s, 'a pipe is refused, and not waited for');

# Files that are good: no end of the last line, capital digits, 100 keys, a link.
foreach my $good (
	[ 'the end of the last line is missing', 'eol ' . 'ab' x 32 ],
	[ 'capital digits', 'capital ' . 'AB' x 32 . "\n" ],
	[ '100 keys', join('', map { "k$_ " . 'ab' x 32 . "\n" } 1 .. 100) ],
	[ 'an id of 32', 'a' x 32 . ' ' . 'ab' x 32 . "\n" ])
{
	my ($name, $text) = @$good;
	my $secret = 'GEZDGNBVGY3TQOJQ';

	write_file("$folder/good", $text);
	symlink "$folder/good", "$folder/link";
	$node->safe_psql('copy', qq{UPDATE multitenant."Users" SET "twoFactorSecret" = '$secret'});
	($stdout, $stderr) = run_sql('SELECT multitenant.rewrap_secrets();', database => 'copy', key_file => "$folder/link");
	is($stdout, '4', "$name: taken") or diag($stderr);
	is(open_with_node(column('copy')->{ada}, $id{ada}, 'ab' x 32), $secret, '… and right');
}

my $log = slurp_file($node->logfile);
unlike($log, qr/$secret{ada}|$secret{bob}|7{64}|8{64}/, 'the log has neither a secret nor a key');

done_testing();
