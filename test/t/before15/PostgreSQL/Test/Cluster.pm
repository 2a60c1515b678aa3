# PostgreSQL 14 has the test modules under older names; the tests are written for the newer.
package PostgreSQL::Test::Cluster;

use strict;
use warnings;
use PostgresNode;

sub new
{
	my ($class, @parameters) = @_;
	return PostgresNode->get_new_node(@parameters);
}

1;
