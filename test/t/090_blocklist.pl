# multitenant.password_blocklist_file: text and packed, replaced and cut short under
# sessions that use it, and everything that is no such file.

use strict;
use warnings;

use Digest::SHA qw(sha1_hex);
use Encode qw(encode_utf8);
use FindBin;
use IPC::Run qw(run);
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = PostgreSQL::Test::Cluster->new('blocklist');
$node->init(extra => [ '--encoding=UTF8', '--locale=C' ]);
$node->start;
$node->safe_psql('postgres', 'CREATE EXTENSION multitenant CASCADE');
$node->safe_psql('postgres', q{CREATE DATABASE latin1 TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'});
$node->safe_psql('latin1', 'CREATE EXTENSION multitenant CASCADE');

my $folder = $node->basedir;
my ($text, $packed, $scratch) = map { "$folder/$_" } 'list.txt', 'list.packed', 'scratch';
my $tool = "$FindBin::Bin/../../src/tools/multitenant_pack_blocklist";

sub write_file
{
	my ($path, $content) = @_;
	open(my $handle, '>', $path) or die "$path: $!";
	binmode $handle;
	print {$handle} $content;
	close $handle;
}

sub use_file
{
	my ($path) = @_;
	$node->safe_psql('postgres', "LOAD 'multitenant'; ALTER SYSTEM SET multitenant.password_blocklist_file = '$path'");
	$node->reload;
	# a reload is not waited for
	$node->poll_query_until('postgres',
		"SELECT current_setting('multitenant.password_blocklist_file', true) = '$path'") or die;
}

# What each of some passwords is: t (in the list) or f
sub common
{
	my ($database, @passwords) = @_;
	my $list = join(', ', map { "convert_from('\\x" . unpack('H*', $_) . "', 'UTF8')" } @passwords);
	return $node->safe_psql($database,
		"SELECT string_agg(CASE WHEN 'too_common' = ANY (multitenant.password_problems(p)) THEN 't' ELSE 'f' END, '' ORDER BY o)
		 FROM unnest(ARRAY[$list]) WITH ORDINALITY AS l (p, o)");
}

# SQLSTATE and message of judging a password
sub problem_of
{
	my ($sql) = @_;
	my ($status, $stdout, $stderr) = $node->psql('postgres',
		"\\set VERBOSITY verbose\n" . ($sql // q{SELECT multitenant.password_problems('hunter2-secret')}));
	return $stderr =~ /ERROR:\s+(\w{5}: .*)/ ? $1 : "none: $stdout";
}

#
# A million entries: every place of a search
#

my $entries = 1_000_000;
my @lines = sort map { uc(sha1_hex("entry$_")) . ':' . ($_ % 99999) } 1 .. $entries;
my %by_hash = map { uc(sha1_hex("entry$_")) => "entry$_" } 1 .. $entries;
my @sorted = map { $by_hash{ substr($_, 0, 40) } } @lines;
%by_hash = ();
write_file($text, join('', map { "$_\n" } @lines));
ok(run([ 'perl', $tool, $text, $packed ], '>', \my $said), 'the tool packs it');
is($said, "$entries entries\n", '… all of it');
is(-s $packed, 16 + 8 * $entries, '… into 8 bytes an entry');

my @places = (0, 1, 2, 50, 51, 499_998 .. 500_002, $entries - 52, $entries - 2, $entries - 1, map { int(rand($entries)) } 1 .. 300);
my @in = @sorted[@places];
my @out = map { "absent$_" } 1 .. 300;
for my $path ($text, $packed)
{
	my $name = $path eq $text ? 'text' : 'packed';

	use_file($path);
	is(common('postgres', @in), 't' x @in, "$name: first, last, middle and random entries are found");
	is(common('postgres', @out), 'f' x @out, "$name: others are not");
}
# the built-in list counts as well
is(common('postgres', 'Password1!', 'entry1'), 'tt', 'the built-in list goes on counting');

# what is refused, and what is asked at sign-in only
like(problem_of(q{SELECT multitenant.register_user('ada@example.org', 'entry777')}), qr/^22023: password is not acceptable/,
	'register_user refuses it');
@lines = ();

#
# Small files, of every form
#

my @words = map { "word $_ of the list" } 1 .. 9;
push @words, encode_utf8("Gr\x{fc}\x{df}e aus K\x{f6}ln");
my @hashes = sort map { uc(sha1_hex($_)) } @words;

sub is_a_list
{
	my ($content, $name) = @_;
	write_file($scratch, $content);
	is(common('postgres', @words, 'word 10 of the list', 'WORD 1 OF THE LIST'), 't' x @words . 'ff', $name);
	is(common('latin1', $words[-1]), 't', "$name, in LATIN1");
}
use_file($scratch);
is_a_list(join('', map { "$_:17\n" } @hashes), 'with counts');
is_a_list(join('', map { "$_\n" } @hashes), 'without counts');
is_a_list(join('', map { "$_:17\r\n" } @hashes), 'CRLF');
is_a_list(join("\r\n", @hashes), 'CRLF without counts, the last line without an end');
is_a_list(join("\n", map { lc } @hashes), 'small letters');
is_a_list(join('', map { "$_:" . ('9' x 20) . "\r\n" } @hashes), 'the longest lines');
is_a_list(join('', map { "$_\n" } sort @hashes, @hashes), 'each entry twice');
ok(run([ 'perl', $tool, '-', $scratch ], '<', \join('', map { "$_:3\r\n" } @hashes), '>', \$said), 'packed from the standard input');
is(common('postgres', @words, 'word 10 of the list'), 't' x @words . 'f', '… a small packed one');

my $one = uc(sha1_hex('the only word'));
write_file($scratch, $one);
is(common('postgres', 'the only word', 'another word'), 'tf', 'one entry');

# Beyond 4 GB: a list that is all hole, but for its last entry
SKIP:
{
	my $size = 10 * 2**30;
	my $count = ($size - 16) / 8;

	write_file($scratch, 'MTBLOCK1' . pack('Q>', $count));
	skip('no file of 10 GB here', 2) if system("truncate -s $size '$scratch' 2>/dev/null") != 0;
	open(my $handle, '+<', $scratch) or die;
	binmode $handle;
	seek($handle, -8, 2) or die;
	print {$handle} pack('H16', $one);
	close $handle or die;
	is(common('postgres', 'the only word', 'another word'), 'tf', 'packed, of 10 GB');
	write_file($scratch, "$one\n");
	system("truncate -s $size '$scratch'") == 0 or die;
	like(problem_of(), qr/^F0000: password blocklist is malformed: a line is too long/, 'a text of 10 GB that is all hole');
}

# By a link, and by a path that is relative to the data directory
write_file($scratch, "$one\n");
symlink($scratch, "$scratch.link") or die;
use_file("$scratch.link");
is(common('postgres', 'the only word', 'another word'), 'tf', 'by a link');
unlink "$scratch.link";
write_file($node->data_dir . '/relative.list', "$one\n");
use_file('relative.list');
is(common('postgres', 'the only word', 'another word'), 'tf', 'by a relative path');
use_file($scratch);

#
# Replaced and cut short while a session uses it
#

my $judge = q{SELECT multitenant.password_problems('word 1 of the list') = '{too_common}'};
write_file($scratch, join('', map { "$_\n" } @hashes));
write_file("$scratch.new", "$one\n");
is($node->safe_psql('postgres', "$judge;\n\\! mv '$scratch.new' '$scratch'\n$judge;\nSELECT multitenant.password_problems('the only word')"),
	"t\nf\n{too_common}", 'a session sees the file that was put in the place of another');

for my $path ($text, $packed)
{
	my $name = $path eq $text ? 'text' : 'packed';
	my $whole = -s $path;

	use_file($path);
	for my $size (0, 1, 8, 15, 16, 39, 41, 5000, int($whole / 2), $whole - 1)
	{
		my $find = join('; ', map { "SELECT multitenant.password_problems('$sorted[$_]')" } 0, 250_000, 499_999, 999_999);
		my ($status, $stdout, $stderr) = $node->psql('postgres',
			"SELECT multitenant.password_problems('entry1');\n\\! cp '$path' '$scratch.cut' && truncate -s $size '$path'\n$find;\nSELECT 'alive'",
			on_error_stop => 0);
		my ($first, @rest) = split(/\n/, $stdout);

		like($first, qr/too_common/, "$name: used");
		is($rest[-1], 'alive', "$name, cut to $size bytes: the session lives");
		# the size of a packed file is checked, so it answers nothing; of a text, what is read
		is("@rest", 'alive', '… and nothing is accepted') if $path eq $packed || $size < 40;
		like($stderr, qr/password blocklist is malformed/, '… and it is said') if $path eq $packed || $size < 40;
		rename("$scratch.cut", $path);
	}
}

#
# What is no list: an error with the one code, without the password and the path
#

sub is_refused
{
	my ($like, $name) = @_;
	my $problem = problem_of();
	like($problem, qr/^F0000: $like/, $name);
	unlike($problem, qr/hunter2|\Q$folder\E/, '… without password or path');
}

use_file($scratch);
unlink $scratch;
is_refused('could not read password blocklist: No such file', 'no such file');
like(problem_of(q{SELECT multitenant.register_user('bob@example.org', 'correct horse battery')}), qr/^F0000/, 'register_user fails closed');
like(slurp_file($node->logfile), qr/DETAIL:\s+The file is "\Q$scratch\E"/, 'the log has the path');
for (
	[ '',                                       'it is empty',  'an empty file' ],
	[ "MTBLOCK1\0\0\0\0\0\0\0\0",               'it is empty',  'no entries' ],
	[ "MTBLOCK1",                               'it was cut short',  'no header' ],
	[ "MTBLOCK1\0\0\0\0\0\0\0\2" . 'x' x 8,     'its size',     'an entry less than the header says' ],
	[ "MTBLOCK1\0\0\0\0\0\0\0\1" . 'x' x 9,     'its size',     'a byte more' ],
	[ "MTBLOCK1\377\377\377\377\377\377\377\377", 'its size',   'more entries than there can be' ],
	[ "MTBLOCK1\0\0\0\0\0\0\0\2" . 'y' x 8 . 'x' x 8, 'it is not sorted', 'packed, not sorted' ],
	[ "password\n123456\n",                     'a line is not a hash', 'a list of words' ],
	[ "\xef\xbb\xbf$one\n",                     'a line is not a hash', 'a byte order mark' ],
	[ "$one\n\n",                               'a line is not a hash', 'an empty line' ],
	[ "$one 17\n",                              'a line is not a hash', 'a blank before the count' ],
	[ "$one:many\n",                            'a line is not a hash', 'a count of letters' ],
	[ substr($one, 0, 39) . "\n",               'a line is not a hash', '39 digits' ],
	[ "${one}0\n",                              'a line is not a hash', '41 digits' ],
	[ $one . ':' . '1' x 100 . "\n",            'a line is not a hash', 'a line too long' ],
	[ "\0" x 100_000,                           'a line is too long', 'zeros' ],
	[ "$one\n" . 'x' x 100_000,                 'a line is too long', 'no lines' ],
	[ join('', map { "$_\n" } reverse @hashes), 'it is not sorted', 'not sorted' ])
{
	my ($content, $why, $name) = @$_;

	write_file($scratch, $content);
	is_refused("password blocklist is malformed: $why", $name);
}

# Not sorted, and larger than is read at once: found out, or at least without a crash
write_file($scratch, join('', map { uc(sha1_hex("entry$_")) . "\n" } 1 .. 20_000));
like(problem_of("SELECT count(multitenant.password_problems('absent' || i)) FROM generate_series(1, 100) i"),
	qr/^F0000: password blocklist is malformed: it is not sorted/, 'a long one, not sorted');

unlink $scratch;
mkdir $scratch;
is_refused('password blocklist is malformed: it is no regular file', 'a folder');
rmdir $scratch;
system('mkfifo', $scratch) == 0 or die;
is_refused('password blocklist is malformed: it is no regular file', 'a pipe');
unlink $scratch;
SKIP:
{
	skip('root may read everything', 2) if $> == 0;
	write_file($scratch, "$one\n");
	chmod 0, $scratch;
	is_refused('could not read password blocklist: Permission denied', 'a file that may not be read');
	unlink $scratch;
}
is($node->safe_psql('postgres', q{SET multitenant.password_blocklist_file = ''; SELECT multitenant.password_problems('correct horse')}),
	'{}', 'empty is none');

#
# The tool refuses what is no list, and leaves nothing behind
#

for ([ "$one\n$one:3\n" . '0' x 40 . "\n", qr/:3: not sorted/ ], [ "password\n", qr/:1: not a hash/ ])
{
	my ($content, $why) = @$_;
	my $err = '';

	write_file($scratch, $content);
	ok(!run([ 'perl', $tool, $scratch, "$scratch.packed" ], '>', \$said, '2>', \$err), 'the tool fails');
	like($err, $why, '… and says why');
	is(join(' ', glob("$scratch.packed*")), '', '… without a file');
}

is($node->safe_psql('postgres', 'SELECT 1'), 1, 'the server lives');
unlike(slurp_file($node->logfile), qr/terminated by signal/, 'no crash');
$node->stop;
done_testing();
